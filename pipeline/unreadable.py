"""Unreadable outputs: a prediction has succeeded and no picture could be found in what came. It is read once more."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.moves import ATTEMPTS
from pipeline.statements import as_json, execute, fetch, stands, statement
from schema.statuses import Status

# Its cost was booked with its end, so nothing is booked here.
_HOLD = statement(f"""
    UPDATE image_generations AS g SET fence = g.fence + 1, due_at = now() + make_interval(secs => :lease)
    WHERE g.id = :id AND {stands(Status.PROCESSING)} AND g.fence = :fence
    RETURNING g.id, g.fence, g.provider, g.provider_model, g.model_id, g.replicate_prediction_id, g.prediction,
      {ATTEMPTS}, g.max_attempts, g.retry_count
""")
_KEEP = statement(f"""
    UPDATE image_generations AS g SET prediction = CAST(:prediction AS jsonb), due_at = now()
    WHERE g.id = :id AND {stands(Status.PROCESSING)} AND g.fence = :fence
""")


async def hold_unreadable(engine: AsyncEngine, row: Row[Any], lease: float) -> Row[Any] | None:
    """Hold a row by its `id` and `fence` for `lease` seconds, while its prediction is read again.

    Returns it with its new fence; None when it is the caller's no more.
    """
    rows = await fetch(engine, _HOLD, id=row.id, fence=row.fence, lease=lease)
    return rows[0] if rows else None


async def keep_read(engine: AsyncEngine, row: Row[Any], prediction: Mapping[str, Any]) -> None:
    """Keep what a held row's prediction says now that it can be read; it is due to be collected."""
    await execute(engine, _KEEP, id=row.id, fence=row.fence, prediction=as_json(prediction))
