"""Lanes of models, users' caps and rates, prices and budgets."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from schema.migrations.migrate import statements

revision = "0008"
down_revision = "0007"

_USER = sa.text("coalesce(user_id, '')")
_BUSY = sa.text("user_cap IS NOT NULL AND (status = 'processing' OR (status = 'queued' AND admitted))")
_FUNCTIONS = {
    "tokens": "lanes",
    "in_flight": "lanes",
    "find_heads": "text",
    "line": "lanes, integer",
    "best_of_lanes": "text, integer",
    "within_caps": "uuid[]",
    "budget_left": "text",
    "refuse_unpayable": "text, uuid[]",
    "head_known": "text, text, integer",
    "head": "text, text, integer",
    "user_cap": "text",
    "busy": "text",
    "admit": "text, integer",
    "admit_next": "",
    "recap": "text",
    "limits_changed": "",
    "lane_moved": "",
    "may_submit": "text, integer, numeric",
}
"""Their arguments by their names; each stands in schema/sql, and is used only by those after it."""

_TRIGGERS = (
    "admit_next_trigger",
    "admit_next_deleted_trigger",
    "lane_made_trigger",
    "lane_gone_trigger",
    "limits_changed_trigger",
)


def added() -> dict[str, list[sa.Column[Any]]]:
    """The new columns by their table, made anew each time: one cannot be added twice."""
    return {
        "image_generations": [
            sa.Column("lane", sa.Text(), server_default="", nullable=False),
            sa.Column("user_cap", sa.Integer(), nullable=True),
            sa.Column("admitted", sa.Boolean(), server_default="true", nullable=False),
            sa.Column("estimated_cost", sa.Numeric(), nullable=True),
            sa.Column("price", JSONB(), nullable=True),
        ],
        "lanes": [
            sa.Column("model_id", sa.Text(), server_default="", nullable=False),
            sa.Column("heads", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
            sa.Column("oldest_at", sa.DateTime(timezone=True), server_default="-infinity", nullable=False),
            sa.Column("heads_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
            sa.Column("claimed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        ],
    }


def upgrade() -> None:
    """Add them. Nothing makes Postgres write the large table anew; its two indexes of queued rows are made again."""
    for table, columns in added().items():
        for column in columns:
            op.add_column(table, column)
    op.drop_constraint("lanes_pkey", "lanes")
    op.create_primary_key("lanes_pkey", "lanes", ["provider", "model_id"])
    _make_tables()
    _make_indexes(["lane"], "status = 'queued' AND admitted")
    op.create_index(
        "image_generations_flight_idx",
        "image_generations",
        ["provider", "attempt_at"],
        postgresql_where=sa.text("status = 'processing'"),
    )
    op.create_index("image_generations_busy_idx", "image_generations", [_USER], postgresql_where=_BUSY)
    op.create_index(
        "image_generations_parked_idx",
        "image_generations",
        [_USER, sa.text("priority DESC"), "turn", "id"],
        postgresql_where=sa.text("status = 'queued' AND NOT admitted"),
    )
    # It fires for a queued row that changes its provider, too.
    op.execute("DROP TRIGGER darkroom_turn ON image_generations")
    # A parameter has another name now.
    op.execute("DROP FUNCTION darkroom_claim(text, integer, double precision)")
    for name in (*_FUNCTIONS, "claim", "turn", "turn_trigger", *_TRIGGERS):
        op.execute(sa.text(statements(name)))


def downgrade() -> None:
    """Take them away again. Lanes of models are no lanes then."""
    op.execute("DROP TRIGGER darkroom_admit_next ON image_generations")
    op.execute("DROP TRIGGER darkroom_admit_next_of_deleted ON image_generations")
    op.execute("DROP TRIGGER darkroom_lane_made ON lanes")
    op.execute("DROP TRIGGER darkroom_lane_gone ON lanes")
    op.execute("DROP TRIGGER darkroom_limits_changed ON user_limits")
    for name, arguments in reversed(_FUNCTIONS.items()):
        op.execute(f"DROP FUNCTION darkroom_{name}({arguments})")
    for index in ("busy", "parked", "flight"):
        op.drop_index(f"image_generations_{index}_idx", "image_generations")
    _make_indexes([], "status = 'queued'")
    op.execute("DELETE FROM lanes WHERE model_id <> ''")
    op.drop_constraint("lanes_pkey", "lanes")
    for table in ("user_limits", "meters", "spending"):
        op.drop_table(table)
    for table, columns in added().items():
        for column in columns:
            op.drop_column(table, column.name)
    op.create_primary_key("lanes_pkey", "lanes", ["provider"])


def _make_tables() -> None:
    now = sa.text("now()")
    op.create_table(
        "user_limits",
        sa.Column("user_id", sa.Text(), primary_key=True),
        sa.Column("in_flight", sa.Integer()),
        sa.Column("per_minute", sa.Integer()),
        sa.Column("budget_usd", sa.Numeric()),
        sa.Column("budget_period", sa.Text(), server_default="month", nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.CheckConstraint("in_flight >= 1", name=op.f("user_limits_in_flight_check")),
        sa.CheckConstraint("per_minute >= 1", name=op.f("user_limits_per_minute_check")),
        sa.CheckConstraint("budget_usd >= 0", name=op.f("user_limits_budget_usd_check")),
        sa.CheckConstraint("budget_period IN ('day', 'month')", name=op.f("user_limits_budget_period_check")),
    )
    op.create_table(
        "meters",
        sa.Column("user_id", sa.Text(), primary_key=True),
        sa.Column("tokens", sa.Double(), nullable=False),
        sa.Column("tokens_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
    )
    op.create_table(
        "spending",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("usd", sa.Numeric(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "day", name=op.f("spending_pkey")),
    )


def _make_indexes(line: list[str], claimable: str) -> None:
    for index in ("claim", "turn"):
        op.drop_index(f"image_generations_{index}_idx", "image_generations")
    op.create_index(
        "image_generations_claim_idx",
        "image_generations",
        ["provider", *line, sa.text("priority DESC"), "turn", "id"],
        postgresql_where=sa.text(claimable),
    )
    op.create_index(
        "image_generations_turn_idx",
        "image_generations",
        [_USER, "provider", *line, "priority", "turn"],
        postgresql_where=sa.text("status = 'queued'"),
    )
