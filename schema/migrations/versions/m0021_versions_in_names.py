"""Jobs by SQL may name a model with its version behind a colon, and an aspect ratio."""

import sqlalchemy as sa
from alembic import op

from schema.migrations.migrate import statements

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Replace the check. It takes and gives what it did."""
    op.execute(sa.text(statements("check_job")))


def downgrade() -> None:
    """The check serves the schema below as well."""
