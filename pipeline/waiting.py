"""Waiting: what the forecasts of unfinished generations are made from."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.forecast import Lane, Pace, Waiting
from pipeline.statements import WANTED, as_json, fetch, statement
from schema.statuses import FINAL, Status, sql_list

RECENT = 2_000
"""Of how many rows, the last to change, the paces are drawn."""

_PACES = statement(f"""
    SELECT provider, model_id, count(*) AS number,
      percentile_cont(CAST(ARRAY[0.1, 0.5, 0.9] AS double precision[])) WITHIN GROUP (ORDER BY seconds) AS spread
    FROM (
      SELECT provider, model_id, status,
        CAST(extract(epoch FROM completed_at - attempt_at) AS double precision) AS seconds
      FROM image_generations ORDER BY changed DESC LIMIT {RECENT}) AS recent
    WHERE status = 'completed' AND seconds >= 0
    GROUP BY provider, model_id
""")

_STANDING = statement(f"""
    SELECT id, user_id, batch_id, CAST(status AS text) AS status, provider, model_id, progress,
      CAST(extract(epoch FROM now() - attempt_at) AS double precision) AS worked,
      CAST(extract(epoch FROM due_at - now()) AS double precision) AS due_in
    FROM image_generations WHERE id IN {WANTED} AND status NOT IN ({sql_list(FINAL)})
""")

# The order of the claim. Walks the whole line: whoever asks often should mind how long it took.
_POSITIONS = statement(f"""
    SELECT id, position FROM (
      SELECT id, row_number() OVER (PARTITION BY provider ORDER BY priority DESC, turn, id) AS position
      FROM image_generations WHERE status = 'queued') AS line
    WHERE id IN {WANTED}
""")

_LANES = statement("""
    SELECT provider, cap, creates_per_minute,
      paused OR coalesce(open_until > clock_timestamp(), false) AS stands_still,
      (SELECT count(*) FROM image_generations AS g
       WHERE g.status = 'processing' AND g.provider = lanes.provider AND g.due_at IS NOT NULL) AS in_flight
    FROM lanes WHERE model_id = ''
""")


async def read_paces(engine: AsyncEngine) -> dict[tuple[str, str], Pace]:
    """How long generations took lately, by provider and model."""
    rows = await fetch(engine, _PACES)
    return {
        (row.provider, row.model_id): Pace(row.spread[1], (row.spread[2] - row.spread[0]) / 2, row.number)
        for row in rows
    }


async def read_lanes(engine: AsyncEngine) -> dict[str, Lane]:
    """Every lane by its provider."""
    rows = await fetch(engine, _LANES)
    return {row.provider: Lane(row.cap, row.in_flight, row.stands_still, row.creates_per_minute) for row in rows}


async def read_waiting(engine: AsyncEngine, ids: Sequence[UUID]) -> list[Waiting]:
    """Those of the generations that are not finished, with their places in line."""
    wanted = as_json(ids)
    rows = await fetch(engine, _STANDING, ids=wanted)
    places: dict[UUID, int] = {}
    if any(row.status == Status.QUEUED for row in rows):
        places = {row.id: row.position for row in await fetch(engine, _POSITIONS, ids=wanted)}
    return [
        Waiting(
            row.id,
            Status(row.status),
            row.provider,
            row.model_id,
            row.progress,
            places.get(row.id) if row.status == Status.QUEUED else None,
            row.worked,
            row.due_in,
            row.user_id,
            row.batch_id,
        )
        for row in rows
    ]
