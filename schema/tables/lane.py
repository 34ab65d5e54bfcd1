"""`lanes`: one row for each queue in front of a provider; its lock lets one claim at a time count what is in flight."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, DateTime, Double, Integer, Table, Text, text

from schema.tables.metadata import metadata

lanes = Table(
    "lanes",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("cap", Integer, nullable=False),
    Column("paused", Boolean, nullable=False, server_default="false"),
    # The breaker: purchases in a row that found the provider down, since when and until when nothing is claimed, and
    # what the provider said.
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("open_until", DateTime(timezone=True)),
    Column("opened_at", DateTime(timezone=True)),
    Column("trouble", Text),
    # A token bucket: a claim takes one for each row. No rate, no limit.
    Column("creates_per_minute", Integer),
    Column("tokens", Double, nullable=False, server_default="0"),
    Column("tokens_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("possible_double_charge", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("cap >= 0", name="cap"),
)
