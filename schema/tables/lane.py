"""`lanes`: one row for each queue in front of a provider; its lock lets one claim at a time count what is in flight."""

from sqlalchemy import Boolean, CheckConstraint, Column, Integer, Table, Text

from schema.tables.metadata import metadata

lanes = Table(
    "lanes",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("cap", Integer, nullable=False),
    Column("paused", Boolean, nullable=False, server_default="false"),
    CheckConstraint("cap >= 0", name="cap"),
)
