"""`spending`: what was paid for each user's pictures, by the day (UTC). Written with the transition that paid."""

from sqlalchemy import Column, Date, Numeric, PrimaryKeyConstraint, Table, Text

from schema.tables.metadata import metadata

spending = Table(
    "spending",
    metadata,
    # Empty: what came with the anonymous key. `+`: all together.
    Column("user_id", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("usd", Numeric, nullable=False),
    PrimaryKeyConstraint("user_id", "day"),
)
