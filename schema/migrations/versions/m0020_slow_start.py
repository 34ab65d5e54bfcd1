"""After a provider's throttle one purchase goes first, and then twice as many as were taken: a lane's `allowance`."""

import sqlalchemy as sa
from alembic import op

from schema.migrations.migrate import statements

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the column; the claim reads it in the row that it locks anyway."""
    op.add_column("lanes", sa.Column("allowance", sa.Integer()))
    op.execute(sa.text(statements("claim")))


def downgrade() -> None:
    """Drop it. The claim that did not read it is gone: only a schema without it is whole below this."""
    op.drop_column("lanes", "allowance")
