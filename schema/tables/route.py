"""`routes`: what each provider on a generation's way would be asked for it. Written once, at submission.

Apart from the generation, whose row is written anew at every transition.
"""

from sqlalchemy import Column, ForeignKey, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from schema.tables.metadata import metadata

routes = Table(
    "routes",
    metadata,
    Column("generation_id", Uuid, ForeignKey("image_generations.id", ondelete="CASCADE"), primary_key=True),
    # In order, the first one too: {provider, model, input, price, estimated_cost}.
    Column("stops", JSONB, nullable=False),
)
