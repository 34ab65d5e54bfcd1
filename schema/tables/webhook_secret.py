"""`webhook_secrets`: what signs a user's webhooks. The one without an end is current; the others sign beside it.

They lie here as they are: a signature needs the secret itself. Whoever reads this table can forge webhooks, as whoever
reads the database at all can read what they tell.
"""

from sqlalchemy import Column, DateTime, Index, LargeBinary, PrimaryKeyConstraint, Table, Text, text

from schema.tables.metadata import metadata

webhook_secrets = Table(
    "webhook_secrets",
    metadata,
    Column("user_id", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("ends_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("user_id", "secret"),
)

# One current secret a user, however many ask for it at once.
Index(
    "webhook_secrets_current_idx",
    webhook_secrets.c.user_id,
    unique=True,
    postgresql_where=text("ends_at IS NULL"),
)
# The clean-up: what has ended.
Index("webhook_secrets_ends_at_idx", webhook_secrets.c.ends_at, postgresql_where=text("ends_at IS NOT NULL"))
