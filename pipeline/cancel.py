"""Cancel: the row first; then, for as long as it takes, the provider's meter.

A final row keeps `due_at` for as long as the provider may still be at work on it. The actor `cancel` takes those whose
prediction is known; the watcher looks for the others in the provider's list.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.money import BOOK, paid
from pipeline.read import IN_ORDER, OF_BATCH, THOSE_IN_ORDER
from pipeline.resource import COLUMNS
from pipeline.statements import as_json, execute, fetch, statement
from pipeline.transitions import move_any
from schema.statuses import FINAL, Status, sql_list

UNFINISHED = frozenset(Status) - FINAL

# Whoever holds the row loses it with its fence. A purchase that is under way is written down all the same, and stopped.
# What an external worker has runs on no meter of ours.
_CANCEL_THOSE = f"""
    UPDATE image_generations AS g SET {move_any(UNFINISHED, Status.CANCELLED)},
      completed_at = now(), fence = g.fence + 1,
      due_at = CASE WHEN g.status = 'processing' AND g.prediction IS NULL AND g.outside_of IS NULL THEN now() END
    WHERE %s AND g.status IN ({sql_list(UNFINISHED)})
    RETURNING {COLUMNS}, g.due_at
"""
_CANCEL = statement(_CANCEL_THOSE % "g.id = :id")
_CANCEL_BATCH = statement(IN_ORDER + _CANCEL_THOSE % OF_BATCH)
_CANCEL_MANY = statement(THOSE_IN_ORDER + _CANCEL_THOSE % OF_BATCH)

_RUNNING = " UNION ALL ".join(
    f"""(SELECT id FROM image_generations WHERE status = '{status}' AND due_at <= now()
         AND replicate_prediction_id IS NOT NULL ORDER BY due_at LIMIT :most)"""
    for status in (Status.CANCELLED, Status.FAILED)
)
_CLAIM_RUNNING = statement(f"""
    WITH due AS MATERIALIZED (
      SELECT id FROM image_generations WHERE id IN ({_RUNNING}) AND due_at <= now() FOR UPDATE SKIP LOCKED)
    UPDATE image_generations AS g SET fence = g.fence + 1, due_at = now() + make_interval(secs => :lease)
    FROM due WHERE g.id = due.id
    RETURNING g.id, g.fence, g.replicate_prediction_id, g.provider, g.provider_model, g.model_id
""")

# What was worked or delivered until it stopped has been paid, unless it was heard of, and booked, before.
_PAID = f"CASE WHEN r.known THEN 0 ELSE {paid('r.prediction')} END"
_STOPPED = statement(f"""
    WITH r AS MATERIALIZED (
      SELECT CAST(:prediction AS jsonb) AS prediction, prediction IS NOT NULL AS known FROM image_generations
      WHERE id = :id AND fence = :fence AND status IN ({sql_list(FINAL)}) FOR UPDATE),
    booked AS (
      UPDATE image_generations AS g SET due_at = NULL, prediction = coalesce(g.prediction, r.prediction),
        cost = coalesce(g.cost + {_PAID}, g.cost, {_PAID})
      FROM r WHERE g.id = :id
      RETURNING g.id, coalesce(g.user_id, '') AS payer, {_PAID} AS paid),
    {BOOK}
    SELECT id FROM booked
""")

_LOOK_LATER = statement(f"""
    UPDATE image_generations AS g SET due_at = now() + make_interval(secs => :delay)
    WHERE g.id = :id AND g.fence = :fence AND g.status IN ({sql_list(FINAL)})
""")


async def cancel(engine: AsyncEngine, generation_id: UUID) -> Row[Any] | None:
    """Call a generation off; its resource's row and `due_at` (set: the provider must be stopped).

    None when it was final already, or is not there.
    """
    rows = await fetch(engine, _CANCEL, id=generation_id)
    return rows[0] if rows else None


async def cancel_batch(engine: AsyncEngine, batch_id: UUID) -> Sequence[Row[Any]]:
    """Call off whatever of a batch is not final; their rows, as `cancel` gives them."""
    return await fetch(engine, _CANCEL_BATCH, batch_id=str(batch_id))


async def cancel_many(engine: AsyncEngine, ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Call off whichever of these are not final; their rows, as `cancel` gives them."""
    return await fetch(engine, _CANCEL_MANY, ids=as_json(ids))


async def claim_running(engine: AsyncEngine, most: int, lease: float) -> Sequence[Row[Any]]:
    """Claim up to about `most` final rows whose predictions may still be running; for `lease` seconds."""
    return await fetch(engine, _CLAIM_RUNNING, most=most, lease=lease)


async def stopped(engine: AsyncEngine, row: Row[Any], prediction: Mapping[str, Any] | None) -> None:
    """The provider's meter has stopped: the row needs no clock any more. Keeps what the prediction came to."""
    record = None if prediction is None else as_json(prediction)
    await fetch(engine, _STOPPED, id=row.id, fence=row.fence, prediction=record)


async def look_later(engine: AsyncEngine, row: Row[Any], delay: float) -> None:
    """The provider has not stopped yet, or did not answer; look again in `delay` seconds."""
    await execute(engine, _LOOK_LATER, id=row.id, fence=row.fence, delay=delay)
