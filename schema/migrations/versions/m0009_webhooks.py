"""Webhooks: the outbox with its log, what receivers asked of us, and the secrets that sign."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from schema.migrations.migrate import statements

revision = "0009"
down_revision = "0008"

_MOMENT = sa.DateTime(timezone=True)
_NOW = sa.text("now()")
_DUE = sa.text("due_at IS NOT NULL")


def upgrade() -> None:
    """Add them. The large table gets a trigger and no column."""
    _make_deliveries()
    op.create_table(
        "webhook_endpoints",
        sa.Column("endpoint", sa.LargeBinary(), primary_key=True),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("disabled_at", _MOMENT),
        sa.Column("held_until", _MOMENT),
    )
    op.create_index("webhook_endpoints_held_until_idx", "webhook_endpoints", ["held_until"])
    op.create_table(
        "webhook_secrets",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("ends_at", _MOMENT),
        sa.PrimaryKeyConstraint("user_id", "secret", name=op.f("webhook_secrets_pkey")),
    )
    current, ended = sa.text("ends_at IS NULL"), sa.text("ends_at IS NOT NULL")
    op.create_index(
        "webhook_secrets_current_idx", "webhook_secrets", ["user_id"], unique=True, postgresql_where=current
    )
    op.create_index("webhook_secrets_ends_at_idx", "webhook_secrets", ["ends_at"], postgresql_where=ended)
    for name in ("due_receivers", "write_event", "write_event_trigger"):
        op.execute(sa.text(statements(name)))


def downgrade() -> None:
    """Take them away again, and with them what has not been delivered."""
    op.execute("DROP TRIGGER darkroom_write_event ON image_generations")
    op.execute("DROP FUNCTION darkroom_write_event()")
    op.execute("DROP FUNCTION darkroom_due_receivers()")
    for table in ("deliveries", "webhook_endpoints", "webhook_secrets"):
        op.drop_table(table)


def _make_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("generation_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.LargeBinary(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", _MOMENT),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("again", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("tries", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("created_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("settled_at", _MOMENT),
        sa.CheckConstraint(
            "state IN ('delivered', 'disabled', 'failed', 'pending', 'sending')", name=op.f("deliveries_state_check")
        ),
        sa.CheckConstraint(
            "(due_at IS NOT NULL) = (state IN ('pending', 'sending'))", name=op.f("deliveries_due_at_check")
        ),
    )
    newest = [sa.text("created_at DESC"), sa.text("id DESC")]
    op.create_index("deliveries_due_idx", "deliveries", ["host", "user_id", "due_at", "id"], postgresql_where=_DUE)
    sending = sa.text("state = 'sending'")
    op.create_index("deliveries_sending_idx", "deliveries", ["host", "user_id"], postgresql_where=sending)
    op.create_index("deliveries_endpoint_idx", "deliveries", ["endpoint"], postgresql_where=_DUE)
    op.create_index("deliveries_user_idx", "deliveries", ["user_id", *newest])
    op.create_index("deliveries_created_idx", "deliveries", newest)
    op.create_index("deliveries_generation_idx", "deliveries", ["generation_id"])
