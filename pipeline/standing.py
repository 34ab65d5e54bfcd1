"""Standing: where a generation stands, and why something cannot be done to it there."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.retry import MOST_ATTEMPTS, RETRIED
from pipeline.statements import fetch, statement
from schema.statuses import Status

_STANDING = statement("""
    SELECT user_id, status, due_at IS NOT NULL AS ticking, coalesce(deadline <= now(), false) AS too_late,
      attempt_number
    FROM image_generations WHERE id = :id
""")


class Standing(NamedTuple):
    """What decides whether an owner's wish can be granted."""

    user_id: str | None
    status: Status
    ticking: bool
    """Whether the row has a clock; a final one has while the provider may still be at work on it."""
    too_late: bool
    attempt_number: int

    def why_not_retried(self) -> str:
        """For a person whose retry was refused."""
        if self.status not in RETRIED:
            return f"status: it is {self.status}; only failed and cancelled generations are tried again"
        if self.ticking:
            return "status: its prediction is still being stopped at the provider; try again in a few seconds"
        if self.too_late:
            return "deadline: it has passed; submit a new generation"
        if self.attempt_number >= MOST_ATTEMPTS:
            return f"attempt_number: at most {MOST_ATTEMPTS} attempts for one generation; submit a new one"
        return f"status: it was {self.status} only just now; try again"

    def why_not_deleted(self) -> str:
        """For a person whose delete was refused."""
        if not self.status.is_final:
            return f"status: it is {self.status}; cancel it first"
        return "status: its prediction is still being stopped at the provider; try again in a few seconds"


async def read_standing(engine: AsyncEngine, generation_id: UUID) -> Standing | None:
    """Where the generation stands, or None when there is none."""
    for row in await fetch(engine, _STANDING, id=generation_id):
        return Standing(row.user_id, Status(row.status), row.ticking, row.too_late, row.attempt_number)
    return None
