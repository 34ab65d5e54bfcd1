"""Deletions: what Postgres tells every gateway when a generation or a picture is gone, see sql/tell_deletion.sql."""

from typing import NamedTuple
from uuid import UUID

import orjson

CHANNEL = "darkroom_deleted"


class Deletion(NamedTuple):
    """One row that is gone, and who followed it."""

    table: str
    """`image_generations` or `images`."""
    id: UUID
    generation_id: UUID
    """The same as `id`, where a generation is gone."""
    user_id: str | None
    batch_id: UUID | None


def read_deletion(payload: str) -> Deletion:
    """The deletion in a notification. Raises ValueError or TypeError when it is none."""
    table, id_, generation_id, user_id, batch_id = orjson.loads(payload)
    return Deletion(table, UUID(id_), UUID(generation_id), user_id, UUID(batch_id) if batch_id else None)
