"""Routes: a generation may be bought at the next provider when a lane is closed or refuses it."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from schema.migrations.migrate import statements

revision = "0012"
down_revision = "0011"

_TABLE = "image_generations"
_FUNCTIONS = {
    "lane_closed": "lanes",
    "stranded": "text, integer",
    "with_stranded": "text, uuid[], integer",
    "why_elsewhere": "text",
}
"""Their arguments by their names; each stands in schema/sql."""


def added() -> dict[str, list[sa.Column[Any]]]:
    """The new columns by their table, made anew each time: one cannot be added twice."""
    return {
        "lanes": [sa.Column("served", sa.Boolean(), server_default="true", nullable=False)],
        "image_generations": [
            sa.Column("provider_model", sa.Text()),
            sa.Column("routes", JSONB()),
            sa.Column("refused_by", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
            sa.Column("asked_at", sa.DateTime(timezone=True)),
        ],
    }


def upgrade() -> None:
    """Add them. No column needs the large table rewritten."""
    for table, columns in added().items():
        for column in columns:
            op.add_column(table, column)
    op.create_index(
        "image_generations_routed_idx",
        "image_generations",
        ["provider", "lane", sa.text("priority DESC"), "turn", "id"],
        postgresql_where=sa.text("status = 'queued' AND admitted AND routes IS NOT NULL"),
    )
    # As it was before it knew of prices elsewhere.
    op.execute("DROP FUNCTION IF EXISTS darkroom_refuse_unpayable(uuid[])")
    for name in (*_FUNCTIONS, "refuse_unpayable", "claim", "turn", "come_home"):
        op.execute(sa.text(statements(name)))


def downgrade() -> None:
    """Take them away again."""
    for name, arguments in reversed(_FUNCTIONS.items()):
        op.execute(f"DROP FUNCTION darkroom_{name}({arguments})")
    op.drop_index("image_generations_routed_idx", "image_generations")
    for table, columns in added().items():
        for column in columns:
            op.drop_column(table, column.name)
