"""Purchase: what a worker bought is written into the row it was bought for; what no row can use is counted."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.moves import MOVED, WHY, Move, as_move
from pipeline.statements import Rows, as_json, fetch, held, stands, statement
from pipeline.transitions import move
from schema.statuses import Status

# Guarded by the attempt, not by the fence: what was bought for an attempt belongs to it, whoever holds the row by now.
# The fence goes up: who has just read the row as an orphan may no longer find that nothing was bought.
# A row that was called off meanwhile takes it too: the meter runs, and only who knows the prediction can stop it.
# Known already: the webhook was faster than the answer. The rows are locked in the order of their ids, as the webhooks'
# batches do, or the two could wait for each other.
_KNOWN = """held.replicate_prediction_id IS NOT DISTINCT FROM r.prediction_id AS known,
        CASE WHEN held.attempt_number = r.attempt THEN held.attempt_at END AS begun"""
LARGEST_ALLOWANCE = 32
"""Purchases at once after a throttle; when so many were taken, there is no such limit any more."""
# Of what a throttle was answered to, others were taken at the same time: they say nothing of it.
_RECORD = statement(f"""
    WITH {held("id uuid, attempt integer, prediction_id text", _KNOWN)},
    kept AS (
      UPDATE image_generations AS g SET
        replicate_prediction_id = r.prediction_id, changed = pg_current_xact_id(), fence = g.fence + 1,
        due_at = CASE WHEN g.status = 'processing' THEN now() + make_interval(secs => :look) ELSE now() END
      FROM r
      WHERE g.id = r.id AND g.status IN ('processing', 'cancelled', 'failed') AND g.attempt_number = r.attempt
        AND g.replicate_prediction_id IS NULL AND g.provider = :provider
        AND NOT r.prediction_id = ANY (g.past_predictions)
      RETURNING g.id, g.status),
    healed AS (
      UPDATE lanes SET failures = 0, open_until = NULL, trouble = NULL,
        opened_at = CASE WHEN allowance IS NULL THEN opened_at ELSE clock_timestamp() END,
        allowance = CASE WHEN allowance < {LARGEST_ALLOWANCE} THEN 2 * allowance END
      WHERE provider = :provider AND model_id = '' AND (failures > 0 OR trouble IS NOT NULL OR allowance IS NOT NULL)
        AND (allowance IS NULL OR EXISTS (SELECT FROM r WHERE r.begun >= lanes.opened_at)))
    SELECT r.id, kept.status, r.known FROM r LEFT JOIN kept ON kept.id = r.id
""")

_SURPLUS = statement("""
    WITH counted AS (
      UPDATE image_generations AS g SET
        past_predictions = g.past_predictions || CAST(:prediction_id AS text), changed = pg_current_xact_id(),
        possible_double_charge = g.possible_double_charge + 1
      WHERE g.id = :id AND g.replicate_prediction_id IS DISTINCT FROM CAST(:prediction_id AS text)
        AND NOT CAST(:prediction_id AS text) = ANY (g.past_predictions)
        -- What another generation has is used there.
        AND NOT EXISTS (SELECT FROM image_generations AS other
          WHERE other.provider = :provider AND other.replicate_prediction_id = CAST(:prediction_id AS text))
      RETURNING g.id),
    shown AS (
      UPDATE lanes SET possible_double_charge = lanes.possible_double_charge + 1
      FROM counted WHERE lanes.provider = :provider AND lanes.model_id = '')
    SELECT id FROM counted
""")


# A provider that keeps no list is asked only when the row says so: the row is held for another lease by the same word.
_MARK_ASKED = statement(f"""
    WITH {held("id uuid, fence bigint")}
    UPDATE image_generations AS g SET asked_at = clock_timestamp(),
      due_at = clock_timestamp() + make_interval(secs => :lease)
    FROM r WHERE g.id = r.id AND {stands(Status.PROCESSING)} AND g.fence = r.fence AND g.replicate_prediction_id IS NULL
    RETURNING g.id
""")
_RENEW_CALLS = statement(f"""
    WITH {held("id uuid, fence bigint")}
    UPDATE image_generations AS g SET due_at = now() + make_interval(secs => :lease)
    FROM r WHERE g.id = r.id AND {stands(Status.PROCESSING)} AND g.fence = r.fence AND g.replicate_prediction_id IS NULL
    RETURNING g.id
""")
# What may have been paid for and is not there is counted, and shown.
_GIVE_UP_UNHEARD = statement(f"""
    WITH moved AS (
      UPDATE image_generations AS g SET {move(Status.PROCESSING, Status.FAILED, why=WHY)}, error_message = {WHY},
        completed_at = now(), fence = g.fence + 1, due_at = NULL, possible_double_charge = g.possible_double_charge + 1
      WHERE g.id = :id AND {stands(Status.PROCESSING)} AND g.fence = :fence
      RETURNING {MOVED}, g.provider),
    shown AS (
      UPDATE lanes SET possible_double_charge = lanes.possible_double_charge + 1
      FROM moved WHERE lanes.provider = moved.provider AND lanes.model_id = '')
    SELECT id, version, user_id, batch_id FROM moved
""")


async def mark_asked(engine: AsyncEngine, rows: Rows, lease: float) -> set[UUID]:
    """Write down that the provider is asked for rows of {id, fence} now, and hold them for `lease` seconds from now;
    the ids of those that are still the caller's.
    """
    return {row.id for row in await fetch(engine, _MARK_ASKED, rows=as_json(rows), lease=lease)}


async def renew_calls(engine: AsyncEngine, rows: Rows, lease: float) -> set[UUID]:
    """Hold rows of {id, fence}, whose purchase is under way, for another `lease` seconds; the caller's ids of them."""
    return {row.id for row in await fetch(engine, _RENEW_CALLS, rows=as_json(rows), lease=lease)}


async def give_up_unheard(engine: AsyncEngine, row: Row[Any], why: str) -> list[Move]:
    """Fail a row whose purchase may have been sold, of which nobody will hear; counted as a possible double charge."""
    return [as_move(r) for r in await fetch(engine, _GIVE_UP_UNHEARD, id=row.id, fence=row.fence, why=why)]


async def record_predictions(engine: AsyncEngine, provider: str, rows: Rows, look: float) -> Sequence[Row[Any]]:
    """Write down what was bought: rows of {id, attempt, prediction_id}. The watcher looks after `look` seconds.

    Closes the lane's breaker: the provider answers. Returns a row for each that still exists: its `id`, the `status`
    in which it took the prediction (None when it did not), and whether the prediction was `known` to it already.
    Raises what `repeats_a_prediction` knows when another generation has one of them.
    """
    return await fetch(engine, _RECORD, provider=provider, rows=as_json(rows), look=look)


async def count_surplus(engine: AsyncEngine, generation_id: object, prediction_id: str, provider: str) -> bool:
    """Count a prediction that `provider` sold for a generation and that it cannot use: it may have been paid twice.

    Returns whether it was counted; one that the row knows, now or from an earlier attempt, is not.
    """
    return bool(await fetch(engine, _SURPLUS, id=generation_id, prediction_id=prediction_id, provider=provider))
