"""Rows for tests, made as the door makes them."""

import random
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.ids import new_id
from pipeline.statements import fetch, statement
from pipeline.submit import ACCEPTED, Submissions

_ROW = statement("SELECT * FROM image_generations WHERE id = :id")


def submission(**given: Any) -> dict[str, Any]:
    """A submission with only what it must have."""
    least = {
        "id": new_id(),
        "user_id": "somebody",
        "prompt": "a lighthouse at dusk",
        "model": "black-forest-labs/flux-schnell",
        "model_id": "black-forest-labs/flux-schnell",
        "num_outputs": 1,
        "priority": 0,
        "max_attempts": 3,
        "provider": "replicate",
        "input": {"prompt": "a lighthouse at dusk", "seed": random.randrange(2**31)},
    }
    assert set(given) <= {*ACCEPTED, "scheduled_at", "stops"}
    return {**least, **given}


async def submit(engine: AsyncEngine, **given: Any) -> UUID:
    """Insert a row; its id."""
    row = await Submissions(engine).submit(submission(**given))
    return UUID(str(row.id))


async def row_of(engine: AsyncEngine, generation_id: UUID) -> Row[Any]:
    """The row as it stands."""
    (row,) = await fetch(engine, _ROW, id=generation_id)
    return row


def statuses(row: Row[Any]) -> list[str]:
    """The statuses of a row's timeline, in order."""
    timeline: Sequence[Mapping[str, str]] = row.timeline
    return [entry["status"] for entry in timeline]
