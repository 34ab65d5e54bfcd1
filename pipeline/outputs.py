"""Outputs: what happens to a row while its pictures are on their way into the store."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.moves import FORGET, MOVED, WHY, Move, as_move
from pipeline.statements import Rows, as_json, execute, fetch, held, statement
from pipeline.transitions import move
from schema.statuses import Status

# Locked in the order of their ids, as the webhooks' batches do: a doubled webhook may come for a row that finishes.
# The claim counted this try too, and it was no retry. Pictures that are there already belong to a row that was reset by
# hand: it is developed again.
_FINISH = statement(f"""
    WITH {held("id uuid, fence bigint, pictures jsonb, why text")},
    moved AS (
      UPDATE image_generations AS g SET {move(Status.DOWNLOADING, Status.COMPLETED, why="r.why")},
        completed_at = now(), due_at = NULL, progress = 100, error_message = NULL,
        retry_count = greatest(0, g.retry_count - 1),
        -- Pictures that came in the answer itself lie in the store now.
        prediction = CASE WHEN g.prediction @? '$.output[*] ? (@ starts with "data:")'
                     THEN jsonb_set(g.prediction, '{{output}}', '[]') ELSE g.prediction END
      FROM r WHERE g.id = r.id AND g.status = 'downloading' AND g.fence = r.fence
      RETURNING {MOVED}, g.prompt, g.negative_prompt, g.model, r.pictures),
    kept AS (
      INSERT INTO images (id, generation_id, idx, user_id, filename, storage_path, public_url, file_size,
        width, height, format, prompt, negative_prompt, model)
      SELECT p.id, moved.id, p.idx, moved.user_id, p.filename, p.storage_path, p.public_url, p.file_size,
        p.width, p.height, p.format, moved.prompt, moved.negative_prompt, moved.model
      FROM moved, jsonb_to_recordset(moved.pictures) AS p(id uuid, idx integer, filename text, storage_path text,
        public_url text, file_size bigint, width integer, height integer, format text)
      ON CONFLICT (generation_id, idx) DO UPDATE SET filename = excluded.filename,
        storage_path = excluded.storage_path, public_url = excluded.public_url, file_size = excluded.file_size,
        width = excluded.width, height = excluded.height, format = excluded.format)
    SELECT id, version, user_id, batch_id FROM moved
""")

# The outputs were sold and are gone: what is bought now is paid twice, and counted so.
_BUY_AGAIN = statement(f"""
    WITH moved AS (
      UPDATE image_generations AS g SET {move(Status.DOWNLOADING, Status.PENDING, why=WHY)},
        possible_double_charge = g.possible_double_charge + 1, retry_count = 0, fence = g.fence + 1, {FORGET},
        due_at = now()
      WHERE g.id = :id AND g.status = 'downloading' AND g.fence = :fence
      RETURNING {MOVED}, g.provider),
    shown AS (
      UPDATE lanes SET possible_double_charge = lanes.possible_double_charge + 1
      FROM moved WHERE lanes.provider = moved.provider AND lanes.model_id = '')
    SELECT id, version, user_id, batch_id FROM moved
""")

_DOWNLOAD_LATER = statement("""
    UPDATE image_generations AS g SET
      due_at = now() + make_interval(secs => :delay), retry_count = g.retry_count - :untried
    WHERE g.id = :id AND g.status = 'downloading' AND g.fence = :fence
""")

_RENEW = statement(f"""
    WITH {held("id uuid, fence bigint")}
    UPDATE image_generations AS g SET due_at = now() + make_interval(secs => :lease)
    FROM r WHERE g.id = r.id AND g.status = 'downloading' AND g.fence = r.fence
    RETURNING g.id
""")

_REFRESH = statement("""
    UPDATE image_generations AS g SET prediction = CAST(:prediction AS jsonb)
    WHERE g.id = :id AND g.status = 'downloading' AND g.fence = :fence
""")


async def finish(engine: AsyncEngine, rows: Rows) -> list[Move]:
    """Complete rows of {id, fence, pictures, why}: status and images in one statement, so none is without the other."""
    return [as_move(row) for row in await fetch(engine, _FINISH, rows=as_json(rows))]


async def buy_again(engine: AsyncEngine, row: Row[Any], why: str) -> list[Move]:
    """Put a row whose outputs are gone for good back to pending; counted as a possible double charge."""
    return [as_move(r) for r in await fetch(engine, _BUY_AGAIN, id=row.id, fence=row.fence, why=why)]


async def download_later(engine: AsyncEngine, row: Row[Any], *, delay: float, tried: bool = True) -> None:
    """Let go of a row whose outputs could not be stored yet; it is due again in `delay` seconds."""
    await execute(engine, _DOWNLOAD_LATER, id=row.id, fence=row.fence, delay=delay, untried=0 if tried else 1)


async def renew(engine: AsyncEngine, rows: Rows, lease: float) -> set[UUID]:
    """Hold rows of {id, fence} for another `lease` seconds; the ids of those that are still the caller's."""
    return {row.id for row in await fetch(engine, _RENEW, rows=as_json(rows), lease=lease)}


async def refresh_outputs(engine: AsyncEngine, row: Row[Any], prediction: Mapping[str, Any]) -> None:
    """Keep what the provider says now about a prediction whose outputs had expired."""
    await execute(engine, _REFRESH, id=row.id, fence=row.fence, prediction=as_json(prediction))
