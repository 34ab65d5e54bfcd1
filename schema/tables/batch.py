"""`batches`: generations that were submitted together. How they stand is counted from their rows, never kept."""

from sqlalchemy import Column, DateTime, SmallInteger, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from schema.tables.metadata import metadata

batches = Table(
    "batches",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Text),
    Column("name", Text),
    # What all of its generations share, as it was asked for.
    Column("settings", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("total", SmallInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
)
