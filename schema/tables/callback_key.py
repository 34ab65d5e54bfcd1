"""`callback_keys`: the one secret that signs the addresses which providers call back."""

from sqlalchemy import CheckConstraint, Column, DateTime, LargeBinary, SmallInteger, Table

from schema.tables.metadata import metadata

callback_keys = Table(
    "callback_keys",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("secret", LargeBinary, nullable=False),
    # Addresses without a signature were handed out before there was one. Until then they are taken; NULL: never.
    Column("unsigned_until", DateTime(timezone=True)),
    CheckConstraint("id = 1", name="one_row"),
)
