"""A secret for the addresses that providers call back, our accounts at providers, and names that no user may have."""

import secrets

import sqlalchemy as sa
from alembic import op

from schema.migrations.migrate import statements

revision = "0017"
down_revision = "0016"

_SECRET_BYTES = 32
_ROLLOUT = "1 hour"
"""For how long processes of the release before may still hand out addresses without a signature, and be answered."""


def upgrade() -> None:
    """Make both tables and the secret. A database without generations has handed out no address yet."""
    op.create_table(
        "callback_keys",
        sa.Column("id", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("unsigned_until", sa.DateTime(timezone=True)),
        sa.CheckConstraint("id = 1", name="one_row"),
    )
    op.create_table(
        "provider_accounts",
        sa.Column("provider", sa.Text(), primary_key=True),
        sa.Column("credentials_hash", sa.LargeBinary(), primary_key=True),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
    )
    op.get_bind().execute(
        sa.text(f"""
            INSERT INTO callback_keys (id, secret, unsigned_until)
            SELECT 1, :secret, CASE WHEN EXISTS (SELECT FROM image_generations)
                               THEN now() + interval '{_ROLLOUT}' END
        """),
        {"secret": secrets.token_bytes(_SECRET_BYTES)},
    )
    op.execute(sa.text(statements("check_job")))


def downgrade() -> None:
    """Drop both: the code below this takes addresses without a signature only, and the watcher reads the rest.

    The check of jobs stays: it takes and gives what it did.
    """
    op.drop_table("provider_accounts")
    op.drop_table("callback_keys")
