"""`idempotency_keys`: what a caller's Idempotency-Key has made. It is its user's, and free again after a day."""

from sqlalchemy import Column, DateTime, Index, LargeBinary, PrimaryKeyConstraint, Table, Text, Uuid, text

from schema.tables.metadata import metadata

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    # Empty for the anonymous key: a primary key holds no NULL, and two NULLs would be two keys.
    Column("user_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("body_hash", LargeBinary, nullable=False),
    # Or the batch's. No foreign key: a key outlives what it made and was deleted, or its next replay would buy another.
    Column("generation_id", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    PrimaryKeyConstraint("user_id", "key"),
)

# The clean-up: what is older than a day.
Index("idempotency_keys_created_at_idx", idempotency_keys.c.created_at)
