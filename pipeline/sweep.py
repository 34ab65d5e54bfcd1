"""Sweep: finds what is due, whatever was lost on the way. What a bell does in milliseconds, this does in a second."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.doorbell import Bell
from pipeline.moves import ATTEMPTS, MOVED, Move, as_move
from pipeline.statements import as_json, fetch, repeats_a_prediction, statement
from pipeline.transitions import move
from schema.statuses import Status

TOO_LATE = "the deadline passed before it was begun"

_PROMOTE = statement(f"""
    WITH due AS MATERIALIZED (
      SELECT id FROM image_generations WHERE status = 'pending' AND due_at <= now() AND input IS NOT NULL
        AND NOT unmetered
      ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED)
    UPDATE image_generations AS g SET {move(Status.PENDING, Status.QUEUED)}, due_at = g.deadline
    FROM due WHERE g.id = due.id
    RETURNING {MOVED}
""")

_METER = statement("SELECT darkroom_meter_due(:most) AS met")

# An external worker that did not come back within its lease: nothing was bought, so the row simply waits again.
_LEFT = "its external worker did not come back within its lease"
_TAKE_BACK = statement(f"""
    WITH due AS MATERIALIZED (
      SELECT id, g.attempt_number - g.attempts_before < max_attempts AS again FROM image_generations AS g
      WHERE status = 'processing' AND provider = 'external' AND due_at <= now()
      ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED),
    waiting AS (
      UPDATE image_generations AS g SET {move(Status.PROCESSING, Status.PENDING, why=f"'{_LEFT}'")},
        retry_count = g.retry_count + 1, fence = g.fence + 1, due_at = now()
      FROM due WHERE g.id = due.id AND due.again RETURNING {MOVED}),
    failed AS (
      UPDATE image_generations AS g SET {move(Status.PROCESSING, Status.FAILED, why=f"'{_LEFT}'")},
        error_message = '{_LEFT}', completed_at = now(), fence = g.fence + 1, due_at = NULL
      FROM due WHERE g.id = due.id AND NOT due.again RETURNING {MOVED})
    SELECT * FROM waiting UNION ALL SELECT * FROM failed
""")

# A queued row's only clock is its deadline.
_EXPIRE = statement(f"""
    WITH due AS MATERIALIZED (
      SELECT id FROM image_generations WHERE status = 'queued' AND due_at <= now()
      ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED)
    UPDATE image_generations AS g SET {move(Status.QUEUED, Status.FAILED, why=f"'{TOO_LATE}'")},
      error_message = '{TOO_LATE}', completed_at = now(), due_at = NULL, fence = g.fence + 1
    FROM due WHERE g.id = due.id
    RETURNING {MOVED}
""")

_WAITING = statement("""
    SELECT
      EXISTS (SELECT FROM lanes AS p
        WHERE p.provider IN (SELECT jsonb_array_elements_text(CAST(:providers AS jsonb))) AND p.model_id = ''
          AND NOT p.paused AND (p.open_until IS NULL OR p.open_until <= now()) AND p.cap > (
            SELECT count(*) FROM image_generations
            WHERE status = 'processing' AND provider = p.provider AND due_at IS NOT NULL)
          AND (EXISTS (SELECT FROM lanes AS l WHERE l.provider = p.provider AND NOT l.paused AND EXISTS (
              SELECT FROM image_generations AS g
              WHERE g.status = 'queued' AND g.admitted AND g.provider = l.provider AND g.lane = l.model_id))
            OR EXISTS (SELECT FROM lanes AS l JOIN lanes AS o ON o.provider = l.provider AND o.model_id = ''
              WHERE l.provider <> p.provider AND (darkroom_lane_closed(l) OR darkroom_lane_closed(o)) AND EXISTS (
                SELECT FROM image_generations AS g
                WHERE g.status = 'queued' AND g.admitted AND g.route IS NOT NULL
                  AND g.provider = l.provider AND g.lane = l.model_id)))) AS start,
      EXISTS (SELECT FROM image_generations
              WHERE status = 'processing' AND due_at <= now() AND prediction IS NOT NULL) AS collect,
      EXISTS (SELECT FROM image_generations WHERE status = 'downloading' AND due_at <= now()) AS store,
      EXISTS (SELECT FROM image_generations
              WHERE status = 'cancelled' AND due_at <= now() AND replicate_prediction_id IS NOT NULL)
        OR EXISTS (SELECT FROM image_generations
                   WHERE status = 'failed' AND due_at <= now() AND replicate_prediction_id IS NOT NULL) AS cancel,
      EXISTS (SELECT FROM darkroom_due_receivers()) AS deliver
""")

# From one user with a parked row to the next by the index, however many rows each has.
_ADMIT = statement("""
    WITH RECURSIVE parked(who) AS (
      (SELECT coalesce(user_id, '') FROM image_generations WHERE status = 'queued' AND NOT admitted
       ORDER BY coalesce(user_id, '') LIMIT 1)
      UNION ALL
      SELECT (SELECT coalesce(g.user_id, '') FROM image_generations AS g
        WHERE g.status = 'queued' AND NOT g.admitted AND coalesce(g.user_id, '') > parked.who
        ORDER BY coalesce(g.user_id, '') LIMIT 1)
      FROM parked WHERE parked.who IS NOT NULL)
    SELECT coalesce(sum(darkroom_admit(who, coalesce(darkroom_user_cap(who), 2147483647))), 0) AS let_in
    FROM (SELECT who FROM parked WHERE who IS NOT NULL LIMIT :most) AS found
""")

# A takeover: the fence goes up, so a worker that was frozen in the middle of its call writes to nothing. With the rows
# that are processing come the final ones whose prediction nobody knows: if it runs, it must be found to be stopped.
_OVERDUE = statement(f"""
    WITH due AS MATERIALIZED (
      SELECT id FROM image_generations
      WHERE status = 'processing' AND provider = :provider AND due_at <= now() AND prediction IS NULL
      ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED),
    called_off AS MATERIALIZED (
      SELECT id FROM image_generations
      WHERE status = 'cancelled' AND provider = :provider AND due_at <= now() AND replicate_prediction_id IS NULL
      ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED),
    given_up AS MATERIALIZED (
      SELECT id FROM image_generations
      WHERE status = 'failed' AND provider = :provider AND due_at <= now() AND replicate_prediction_id IS NULL
      ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED)
    UPDATE image_generations AS g SET fence = g.fence + 1, due_at = now() + make_interval(secs => :look)
    FROM (SELECT id FROM due UNION ALL SELECT id FROM called_off UNION ALL SELECT id FROM given_up) AS taken
    WHERE g.id = taken.id
    RETURNING g.id, g.status, g.fence, g.attempt_number, {ATTEMPTS}, g.max_attempts, g.retry_count, g.attempt_at,
      g.model_id, g.input, g.replicate_prediction_id, g.past_predictions, g.error_message, g.deadline, now() AS now,
      g.provider, g.provider_model, g.route, g.refused_by, g.asked_at
""")

_ADOPT = statement("""
    UPDATE image_generations AS g SET
      replicate_prediction_id = :prediction_id, changed = pg_current_xact_id(), due_at = now()
    WHERE g.id = :id AND g.status IN ('processing', 'cancelled', 'failed') AND g.fence = :fence
      AND g.replicate_prediction_id IS NULL
    RETURNING g.id
""")

_KNOWN = statement("""
    SELECT replicate_prediction_id FROM image_generations
    WHERE provider = :provider AND replicate_prediction_id IS NOT NULL
      AND replicate_prediction_id IN (SELECT jsonb_array_elements_text(CAST(:ids AS jsonb)))
""")


async def meter_due(engine: AsyncEngine, most: int = 500) -> None:
    """Take what came by SQL and is due out of its users' rates; what finds no token waits for one."""
    while (await fetch(engine, _METER, most=most))[0].met >= most:
        pass


async def promote_due(engine: AsyncEngine, most: int = 500) -> list[Move]:
    """Queue the pending rows whose time has come."""
    return [as_move(row) for row in await fetch(engine, _PROMOTE, most=most)]


async def take_back(engine: AsyncEngine, most: int = 500) -> list[Move]:
    """Take the rows back whose external worker's lease has ended: pending again, or failed after the last attempt."""
    return [as_move(row) for row in await fetch(engine, _TAKE_BACK, most=most)]


async def fail_expired(engine: AsyncEngine, most: int = 500) -> list[Move]:
    """Fail the queued rows whose deadline has passed."""
    return [as_move(row) for row in await fetch(engine, _EXPIRE, most=most)]


async def bells_to_ring(engine: AsyncEngine, *providers: str) -> list[Bell]:
    """Which actors have work waiting, by the rows alone; purchases at those `providers`."""
    (row,) = await fetch(engine, _WAITING, providers=as_json(providers))
    return [bell for bell in Bell if getattr(row, bell)]


async def take_overdue(engine: AsyncEngine, provider: str, look: float, most: int) -> Sequence[Row[Any]]:
    """Take the rows whose provider nobody has heard of; they are due again in `look` seconds.

    Up to `most` of each kind: processing, cancelled, failed.
    """
    return await fetch(engine, _OVERDUE, provider=provider, look=look, most=most)


async def adopt(engine: AsyncEngine, row: Row[Any], prediction_id: str) -> bool:
    """Give a prediction back to the row whose worker died before it could write it down; whether it took it."""
    try:
        return bool(await fetch(engine, _ADOPT, id=row.id, fence=row.fence, prediction_id=prediction_id))
    except DBAPIError as error:
        # Another row was faster.
        if not repeats_a_prediction(error):
            raise
        return False


async def known_predictions(engine: AsyncEngine, provider: str, ids: Sequence[str]) -> set[str]:
    """Which of these prediction ids already belong to a row."""
    rows = await fetch(engine, _KNOWN, provider=provider, ids=as_json(ids))
    return {row.replicate_prediction_id for row in rows}


async def admit_parked(engine: AsyncEngine, most: int = 1_000) -> int:
    """Let parked rows in whose users have free places, of up to `most` users; how many rows.

    Whoever leaves lets the next one in by itself; what falls between the two (one leaves while another comes, and
    neither sees the other) is found here.
    """
    (row,) = await fetch(engine, _ADMIT, most=most)
    return int(row.let_in)
