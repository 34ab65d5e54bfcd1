"""`provider_accounts`: our own account at a provider whose signature tells only that it has sent something."""

from sqlalchemy import Column, DateTime, LargeBinary, Table, Text, text

from schema.tables.metadata import metadata

provider_accounts = Table(
    "provider_accounts",
    metadata,
    Column("provider", Text, primary_key=True),
    # A hash of the credentials that the account was first seen with: other credentials may be another account's.
    Column("credentials_hash", LargeBinary, primary_key=True),
    Column("account", Text, nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
)
