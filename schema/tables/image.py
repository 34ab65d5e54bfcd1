"""`images`: the pictures of completed generations, one row each."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from schema.tables.metadata import metadata

images = Table(
    "images",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("generation_id", Uuid, ForeignKey("image_generations.id", ondelete="CASCADE"), nullable=False),
    Column("idx", Integer, nullable=False),
    Column("user_id", Text),
    Column("filename", Text, nullable=False),
    Column("storage_path", Text, nullable=False),
    Column("public_url", Text, nullable=False),
    Column("file_size", BigInteger, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("format", Text, nullable=False),
    Column("prompt", Text, nullable=False),
    Column("negative_prompt", Text),
    Column("model", Text, nullable=False),
    Column("blurhash", Text),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    UniqueConstraint("generation_id", "idx"),
)
