"""`user_limits`: what one user may have and spend. Without a row there is no limit."""

from sqlalchemy import CheckConstraint, Column, DateTime, Integer, Numeric, Table, Text, text

from schema.tables.metadata import metadata

user_limits = Table(
    "user_limits",
    metadata,
    # Empty: what came with the anonymous key. `*`: whoever has no row of their own. `+`: all together.
    Column("user_id", Text, primary_key=True),
    # Predictions in flight; what waits beyond them is parked (sql/turn.sql).
    Column("in_flight", Integer),
    # Submissions.
    Column("per_minute", Integer),
    Column("budget_usd", Numeric),
    Column("budget_period", Text, nullable=False, server_default="month"),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    CheckConstraint("in_flight >= 1", name="in_flight"),
    CheckConstraint("per_minute >= 1", name="per_minute"),
    CheckConstraint("budget_usd >= 0", name="budget_usd"),
    CheckConstraint("budget_period IN ('day', 'month')", name="budget_period"),
)
