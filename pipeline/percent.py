"""Percent: how far the provider says a prediction is, as its log tells while it works."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.coalesce import Coalescer
from pipeline.statements import as_json, blames_a_row, fetch, held, stands, statement
from schema.statuses import Status

# No transition: neither the version nor `changed` nor the fence moves. It only goes up, because webhooks overtake each
# other. The rows are locked in the order of their ids, or two batches could wait for each other.
_SET = statement(f"""
    WITH {held("id uuid, attempt integer, prediction_id text, percent smallint")}
    UPDATE image_generations AS g SET progress = greatest(coalesce(g.progress, CAST(0 AS smallint)), r.percent)
    FROM r
    WHERE g.id = r.id AND {stands(Status.PROCESSING)} AND g.attempt_number = r.attempt
      AND g.replicate_prediction_id = r.prediction_id
    RETURNING g.id
""")


class Heard(NamedTuple):
    """What a provider said about a prediction that is under way."""

    id: UUID
    attempt: int
    prediction_id: str
    percent: int


class Percents:
    """Takes in how far predictions are; concurrent ones share a statement."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._coalescer: Coalescer[Heard, bool] = Coalescer(self._set, splits=blames_a_row)

    async def note(self, heard: Heard) -> bool:
        """Write it down; False when the row does not know this prediction, or not any more."""
        return await self._coalescer(heard)

    async def _set(self, batch: list[Heard]) -> Sequence[bool]:
        furthest: dict[UUID, Heard] = {}
        for heard in sorted(batch, key=lambda heard: (heard.attempt, heard.percent)):
            furthest[heard.id] = heard
        rows = await fetch(self._engine, _SET, rows=as_json([heard._asdict() for heard in furthest.values()]))
        known = {row.id for row in rows}
        return [heard.id in known for heard in batch]
