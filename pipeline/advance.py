"""Advance: the guarded statements that carry a claimed row on. No row updated: somebody else was first."""

from typing import Any, NamedTuple

from sqlalchemy import Row, TextClause
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.moves import ATTEMPTS, FIRST_ROUTE, FORGET, MOVED, WHY, Move, as_move
from pipeline.statements import execute, fetch, stands, statement
from pipeline.transitions import move
from pipeline.verdict import GiveUp, SendOn, TryAgain
from schema.statuses import Status

# Every row that leaves processing frees a slot; whether somebody waits for it is known here for nothing.
_QUEUED = "EXISTS (SELECT FROM image_generations WHERE status = 'queued')"
# Of several pictures the clean ones are kept; their owner reads how many are missing, and why.
_WITHHELD = """CASE WHEN due.prediction ? 'withheld' THEN
          format('the provider''s moderation has withheld %s of %s pictures', due.prediction->>'withheld',
            CAST(due.prediction->>'withheld' AS integer) + jsonb_array_length(due.prediction->'output')) END"""
_COLLECT = statement(f"""
    WITH due AS MATERIALIZED (
      SELECT id, fence, {ATTEMPTS}, max_attempts, retry_count, prediction,
        prediction->>'status' IS NOT DISTINCT FROM 'succeeded' AND CASE jsonb_typeof(prediction->'output')
          WHEN 'array' THEN jsonb_array_length(prediction->'output') > 0 ELSE false END AS developed
      FROM image_generations AS g
      WHERE status = 'processing' AND due_at <= now() AND prediction IS NOT NULL
      ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED),
    moved AS (
      UPDATE image_generations AS g SET {move(Status.PROCESSING, Status.DOWNLOADING, why=_WITHHELD)},
        fence = g.fence + 1, due_at = now(), retry_count = 0,
        generation_time_seconds = CASE WHEN jsonb_typeof(due.prediction->'seconds') = 'number'
          AND abs(CAST(due.prediction->'seconds' AS numeric)) < 1e300
          THEN CAST(due.prediction->'seconds' AS double precision) END
      FROM due WHERE g.id = due.id AND due.developed
      RETURNING {MOVED})
    SELECT id, version, user_id, batch_id, NULL AS fence, NULL AS attempts, NULL AS max_attempts,
      NULL AS retry_count, NULL AS prediction, {_QUEUED} AS queued FROM moved
    UNION ALL
    SELECT id, NULL, NULL, NULL, fence, attempts, max_attempts, retry_count, prediction, {_QUEUED}
    FROM due WHERE NOT developed
""")


def _give_up(source: Status) -> TextClause:
    return statement(f"""
        UPDATE image_generations AS g SET {move(source, Status.FAILED, why=WHY)},
          error_message = {WHY}, completed_at = now(), fence = g.fence + 1,
          due_at = CASE WHEN :running THEN now() END
        WHERE g.id = :id AND {stands(source)} AND g.fence = :fence
        RETURNING {MOVED}
    """)


_GIVE_UP = {source: _give_up(source) for source in (Status.PROCESSING, Status.DOWNLOADING)}

# An attempt in which nothing can have been sold is given back, so a provider that is down uses up nobody's attempts.
_TRY_AGAIN = statement(f"""
    UPDATE image_generations AS g SET {move(Status.PROCESSING, Status.PENDING, why=WHY)},
      attempt_number = g.attempt_number - CASE WHEN :unsold THEN 1 ELSE 0 END,
      retry_count = g.retry_count + 1, fence = g.fence + 1, {FORGET},
      due_at = least(now() + make_interval(secs => :delay), g.deadline), {FIRST_ROUTE % "g.refused_by"}
    WHERE g.id = :id AND {stands(Status.PROCESSING)} AND g.fence = :fence
    RETURNING {MOVED}
""")

# Nothing was sold, and nothing can have been: only so may another provider be asked. The attempt is given back.
_SEND_ON = statement(f"""
    UPDATE image_generations AS g SET {move(Status.PROCESSING, Status.QUEUED, why=WHY)},
      attempt_number = g.attempt_number - 1, fence = g.fence + 1, {FORGET}, due_at = g.deadline,
      refused_by = CASE WHEN :refused THEN g.refused_by || g.provider ELSE g.refused_by END,
      provider = :provider, (provider_model, input, price, estimated_cost) = (
        SELECT model, input, price, estimated_cost FROM darkroom_stop(g.id, :provider))
    WHERE {stands(Status.PROCESSING)} AND g.id = :id AND g.fence = :fence
    RETURNING {MOVED}
""")

_NOTE_TROUBLE = statement(f"""
    UPDATE image_generations AS g SET error_message = {WHY}, changed = pg_current_xact_id()
    WHERE g.id = :id AND {stands(Status.PROCESSING)} AND g.fence = :fence
""")


class Collected(NamedTuple):
    """What one look at the finished predictions found."""

    moved: list[Move]
    """Rows whose outputs are now to be downloaded."""
    undeveloped: list[Row[Any]]
    """Rows whose prediction ended without a picture; they have not moved."""
    queued: bool
    """Whether rows wait for the slots that are now free."""


async def collect_finished(engine: AsyncEngine, most: int) -> Collected:
    """Move up to `most` finished predictions with outputs to downloading."""
    rows = await fetch(engine, _COLLECT, most=most)
    moved = [as_move(row) for row in rows if row.version]
    return Collected(moved, [row for row in rows if not row.version], bool(rows) and rows[0].queued)


async def give_up(engine: AsyncEngine, source: Status, row: Row[Any], why: str, *, running: bool = False) -> list[Move]:
    """Fail a row held by its `id` and `fence`, for a reason that its owner can read.

    `running`: the provider may still be at work, so the row keeps a clock until the actor `cancel` has stopped it.
    """
    held = {"id": row.id, "fence": row.fence, "why": why, "running": running}
    return [as_move(r) for r in await fetch(engine, _GIVE_UP[source], **held)]


async def try_again(engine: AsyncEngine, row: Row[Any], why: str, *, delay: float, unsold: bool) -> list[Move]:
    """Put a row that is processing back to pending, due in `delay` seconds. `unsold` gives the attempt back."""
    parameters = {"id": row.id, "fence": row.fence, "why": why, "delay": delay, "unsold": unsold}
    return [as_move(r) for r in await fetch(engine, _TRY_AGAIN, **parameters)]


async def let_go(engine: AsyncEngine, row: Row[Any], verdict: TryAgain | GiveUp | SendOn) -> list[Move]:
    """Do what a verdict says with a row that is processing."""
    match verdict:
        case GiveUp(why):
            return await give_up(engine, Status.PROCESSING, row, why)
        case SendOn(provider, why, refused):
            return await send_on(engine, row, provider, why, refused=refused)
        case TryAgain(delay, why, unsold):
            return await try_again(engine, row, why, delay=delay, unsold=unsold)


async def send_on(engine: AsyncEngine, row: Row[Any], provider: str, why: str, *, refused: bool) -> list[Move]:
    """Queue a row that is processing at the next provider on its route: at its own one nothing was bought.

    `refused`: that one will not take it later either.
    """
    parameters = {"id": row.id, "fence": row.fence, "provider": provider, "why": why, "refused": refused}
    return [as_move(r) for r in await fetch(engine, _SEND_ON, **parameters)]


async def note_trouble(engine: AsyncEngine, row: Row[Any], why: str) -> None:
    """Write down what a purchase was answered with: should nothing have been sold, its attempt is given back."""
    await execute(engine, _NOTE_TROUBLE, id=row.id, fence=row.fence, why=why)
