"""`webhook_endpoints`: what a receiver has asked of us. Without a row an endpoint is sent to as ever."""

from sqlalchemy import Column, DateTime, Index, LargeBinary, Table, Text

from schema.tables.metadata import metadata

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    # SHA-256 of user and address: an address may be longer than what an index takes.
    Column("endpoint", LargeBinary, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("url", Text, nullable=False),
    # It answered 410: nothing is sent there until somebody replays a delivery.
    Column("disabled_at", DateTime(timezone=True)),
    # It asked for patience: nothing is sent there before.
    Column("held_until", DateTime(timezone=True)),
)

# The clean-up: holds that are over.
Index("webhook_endpoints_held_until_idx", webhook_endpoints.c.held_until)
