"""`meters`: what each user with a rate may still submit, as a token bucket."""

from sqlalchemy import Column, DateTime, Double, Table, Text, text

from schema.tables.metadata import metadata

meters = Table(
    "meters",
    metadata,
    Column("user_id", Text, primary_key=True),
    Column("tokens", Double, nullable=False),
    Column("tokens_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
)
