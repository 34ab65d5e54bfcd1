"""`anonymous_limits`: what the anonymous key may have and spend while nobody has set limits for it. At most one row.

Each release writes it from the settings; limits that are set (`user_limits`) go before it.
"""

from sqlalchemy import Boolean, CheckConstraint, Column, DateTime, Integer, Numeric, Table, Text, text

from schema.tables.metadata import metadata

anonymous_limits = Table(
    "anonymous_limits",
    metadata,
    Column("single", Boolean, primary_key=True, server_default=text("true")),
    Column("in_flight", Integer, nullable=False),
    Column("per_minute", Integer, nullable=False),
    # NULL while the painter stands in for the providers: nothing costs anything then.
    Column("budget_usd", Numeric),
    Column("budget_period", Text, nullable=False, server_default="day"),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    CheckConstraint("single", name="single"),
    CheckConstraint("in_flight >= 1", name="in_flight"),
    CheckConstraint("per_minute >= 1", name="per_minute"),
    CheckConstraint("budget_usd >= 0", name="budget_usd"),
    CheckConstraint("budget_period IN ('day', 'month')", name="budget_period"),
)
