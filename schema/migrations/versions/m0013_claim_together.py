"""One claim at all providers; what a claim or a turn asks a table is planned once a connection, not at every call."""

import sqlalchemy as sa
from alembic import op

from schema.migrations.migrate import statements

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Replace them. Each takes and gives what it did."""
    for name in ("head_known", "head", "in_flight", "user_cap", "busy", "budget_left", "hold_lanes"):
        op.execute(sa.text(statements(name)))


def downgrade() -> None:
    """Drop the new one; the others serve the schema below as well."""
    op.execute("DROP FUNCTION darkroom_hold_lanes(text[], integer[])")
