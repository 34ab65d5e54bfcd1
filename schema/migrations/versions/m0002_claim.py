"""The claim as a function: one round trip."""

from alembic import op
from sqlalchemy import text

from schema.migrations.migrate import statements

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make it."""
    op.execute(text(statements("claim")))


def downgrade() -> None:
    """Take it away again."""
    op.execute("DROP FUNCTION darkroom_claim(text, integer, double precision)")
