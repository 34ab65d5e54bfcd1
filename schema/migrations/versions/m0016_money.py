"""Prices of versions outside the catalogue, default limits of the anonymous key, and rates for what comes by SQL."""

import sqlalchemy as sa
from alembic import op

from schema.migrations.migrate import statements

revision = "0016"
down_revision = "0015"

_NEW = {
    "limits_of": "text",
    "has_rate": "text",
    "reserved": "text",
    "under_budget": "uuid[]",
    "why_unpriced": "uuid, text",
    "take_tokens": "text, integer",
    "meter_due": "integer",
    "reprice": "uuid[]",
    "key_is_fresh": "text, text, interval",
}
"""Their arguments by their names."""
_CHANGED = (
    "in_flight",
    "busy",
    "within_caps",
    "user_cap",
    "budget_left",
    "may_submit",
    "refuse_unpayable",
    "stranded",
    "claim",
    "hand_change",
    "reset_job",
    "enqueue",
    "claim_next_job",
)
"""Functions that take and give what they did."""


def upgrade() -> None:
    """Add them. The new column has a constant default: Postgres does not write the large table anew."""
    now = sa.text("now()")
    op.create_table(
        "anonymous_limits",
        sa.Column("single", sa.Boolean(), primary_key=True, server_default=sa.text("true")),
        sa.Column("in_flight", sa.Integer(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("budget_usd", sa.Numeric()),
        sa.Column("budget_period", sa.Text(), server_default="day", nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.CheckConstraint("single", name=op.f("anonymous_limits_single_check")),
        sa.CheckConstraint("in_flight >= 1", name=op.f("anonymous_limits_in_flight_check")),
        sa.CheckConstraint("per_minute >= 1", name=op.f("anonymous_limits_per_minute_check")),
        sa.CheckConstraint("budget_usd >= 0", name=op.f("anonymous_limits_budget_usd_check")),
        sa.CheckConstraint("budget_period IN ('day', 'month')", name=op.f("anonymous_limits_budget_period_check")),
    )
    op.create_table(
        "model_prices",
        sa.Column("version", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text()),
        sa.Column("usd", sa.Numeric(), nullable=False),
        sa.Column("per", sa.Text(), nullable=False),
        sa.Column("usual_seconds", sa.Double()),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.CheckConstraint("version ~ '^[0-9a-f]{64}$'", name=op.f("model_prices_version_check")),
        sa.CheckConstraint("usd >= 0", name=op.f("model_prices_usd_check")),
        sa.CheckConstraint("per IN ('picture', 'second')", name=op.f("model_prices_per_check")),
        sa.CheckConstraint("per = 'picture' OR usual_seconds > 0", name=op.f("model_prices_usual_seconds_check")),
    )
    op.add_column(
        "image_generations", sa.Column("unmetered", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    for name in (*_NEW, *_CHANGED):
        op.execute(sa.text(statements(name)))


def downgrade() -> None:
    """Take them away. The functions that were changed stay as they are here: only a whole schema works below this."""
    for name, arguments in reversed(_NEW.items()):
        op.execute(f"DROP FUNCTION darkroom_{name}({arguments})")
    op.drop_column("image_generations", "unmetered")
    op.drop_table("model_prices")
    op.drop_table("anonymous_limits")
