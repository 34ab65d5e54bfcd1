"""`model_prices`: what the operator says that versions outside the catalogue cost."""

from sqlalchemy import CheckConstraint, Column, DateTime, Double, Numeric, Table, Text, text

from schema.tables.metadata import metadata

model_prices = Table(
    "model_prices",
    metadata,
    # 64 hexadecimal digits, as `model_version` of a request.
    Column("version", Text, primary_key=True),
    # For people: owner/name.
    Column("name", Text),
    # US dollars for each picture or second.
    Column("usd", Numeric, nullable=False),
    Column("per", Text, nullable=False),
    # How long one picture takes; what is paid by the second is estimated by it.
    Column("usual_seconds", Double),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    CheckConstraint("version ~ '^[0-9a-f]{64}$'", name="version"),
    CheckConstraint("usd >= 0", name="usd"),
    CheckConstraint("per IN ('picture', 'second')", name="per"),
    CheckConstraint("per = 'picture' OR usual_seconds > 0", name="usual_seconds"),
)
