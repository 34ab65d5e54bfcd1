"""Deletions: what Postgres tells every gateway when a generation or a picture is gone, see sql/tell_deletion.sql."""

from typing import Literal, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter

CHANNEL = "darkroom_deleted"


class Deletion(NamedTuple):
    """One row that is gone, and who followed it."""

    table: Literal["image_generations", "images"]
    id: UUID
    generation_id: UUID
    """The same as `id`, where a generation is gone."""
    user_id: str | None
    batch_id: UUID | None


_DELETION: TypeAdapter[Deletion] = TypeAdapter(Deletion)


def read_deletion(payload: str) -> Deletion:
    """The deletion in a notification. Raises ValidationError, a ValueError, when it is none.

    Whoever may connect to the database may notify, so every field is checked.
    """
    return _DELETION.validate_json(payload)
