"""Advance: the guarded statements that carry a claimed row on. No row updated: somebody else was first."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, TextClause
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.moves import MOVED, Move, as_move
from pipeline.statements import fetch, records, statement
from pipeline.transitions import move
from schema.statuses import Status

# Skipped when the webhook was faster than the answer: then the row knows its prediction already. A locked row is
# skipped too: who holds it is the webhook (or a takeover), and waiting for it in another order would be a deadlock.
_RECORD = statement("""
    WITH r AS MATERIALIZED (
      SELECT r.* FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(id uuid, fence bigint, prediction_id text)
      JOIN image_generations AS held ON held.id = r.id FOR UPDATE OF held SKIP LOCKED)
    UPDATE image_generations AS g SET
      replicate_prediction_id = r.prediction_id, changed = pg_current_xact_id(),
      due_at = now() + make_interval(secs => :look)
    FROM r
    WHERE g.id = r.id AND g.status = 'processing' AND g.fence = r.fence AND g.replicate_prediction_id IS NULL
""")

# Every row that leaves processing frees a slot; whether somebody waits for it is known here for nothing.
_QUEUED = "EXISTS (SELECT FROM image_generations WHERE status = 'queued')"
_COLLECT = statement(f"""
    WITH due AS MATERIALIZED (
      SELECT id, fence, attempt_number, max_attempts, retry_count, prediction,
        prediction->>'status' = 'succeeded' AND jsonb_array_length(prediction->'output') > 0 AS developed
      FROM image_generations
      WHERE status = 'processing' AND due_at <= now() AND prediction IS NOT NULL
      ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED),
    moved AS (
      UPDATE image_generations AS g SET {move(Status.PROCESSING, Status.DOWNLOADING)},
        fence = g.fence + 1, due_at = now(), retry_count = 0,
        generation_time_seconds = CAST(due.prediction->>'seconds' AS double precision)
      FROM due WHERE g.id = due.id AND due.developed
      RETURNING {MOVED})
    SELECT id, version, user_id, batch_id, NULL AS fence, NULL AS attempt_number, NULL AS max_attempts,
      NULL AS retry_count, NULL AS prediction, {_QUEUED} AS queued FROM moved
    UNION ALL
    SELECT id, NULL, NULL, NULL, fence, attempt_number, max_attempts, retry_count, prediction, {_QUEUED}
    FROM due WHERE NOT developed
""")

_FINISH = statement(f"""
    WITH r AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(id uuid, fence bigint, pictures jsonb)),
    moved AS (
      UPDATE image_generations AS g SET {move(Status.DOWNLOADING, Status.COMPLETED)},
        completed_at = now(), due_at = NULL, progress = 100, error_message = NULL
      FROM r WHERE g.id = r.id AND g.status = 'downloading' AND g.fence = r.fence
      RETURNING {MOVED}, g.prompt, g.negative_prompt, g.model, r.pictures),
    kept AS (
      INSERT INTO images (id, generation_id, idx, user_id, filename, storage_path, public_url, file_size,
        width, height, format, prompt, negative_prompt, model)
      SELECT p.id, moved.id, p.idx, moved.user_id, p.filename, p.storage_path, p.public_url, p.file_size,
        p.width, p.height, p.format, moved.prompt, moved.negative_prompt, moved.model
      FROM moved, jsonb_to_recordset(moved.pictures) AS p(id uuid, idx integer, filename text, storage_path text,
        public_url text, file_size bigint, width integer, height integer, format text))
    SELECT id, version, user_id, batch_id FROM moved
""")

_WHY = "CAST(:why AS text)"


def _give_up(source: Status) -> TextClause:
    return statement(f"""
        UPDATE image_generations AS g SET {move(source, Status.FAILED, why=_WHY)},
          error_message = {_WHY}, completed_at = now(), due_at = NULL, fence = g.fence + 1
        WHERE g.id = :id AND g.status = '{source}' AND g.fence = :fence
        RETURNING {MOVED}
    """)


_GIVE_UP = {source: _give_up(source) for source in (Status.PROCESSING, Status.DOWNLOADING)}

# An attempt in which nothing can have been sold is given back, so a provider that is down uses up nobody's attempts.
_TRY_AGAIN = statement(f"""
    UPDATE image_generations AS g SET {move(Status.PROCESSING, Status.PENDING, why=_WHY)},
      attempt_number = g.attempt_number - CASE WHEN :unsold THEN 1 ELSE 0 END,
      retry_count = g.retry_count + 1, fence = g.fence + 1, due_at = now() + make_interval(secs => :delay)
    WHERE g.id = :id AND g.status = 'processing' AND g.fence = :fence
    RETURNING {MOVED}
""")

_DOWNLOAD_LATER = statement("""
    UPDATE image_generations AS g SET
      due_at = now() + make_interval(secs => :delay), retry_count = g.retry_count + :tried
    WHERE g.id = :id AND g.status = 'downloading' AND g.fence = :fence
""")


async def record_predictions(engine: AsyncEngine, rows: Sequence[Mapping[str, Any]], look: float) -> None:
    """Write down what was bought: rows of {id, fence, prediction_id}. The watcher looks after `look` seconds."""
    await fetch_nothing(engine, _RECORD, rows=records(rows), look=look)


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


async def finish(engine: AsyncEngine, rows: Sequence[Mapping[str, Any]]) -> list[Move]:
    """Complete rows of {id, fence, pictures}: status and images in one statement, so neither is without the other."""
    return [as_move(row) for row in await fetch(engine, _FINISH, rows=records(rows))]


async def give_up(engine: AsyncEngine, source: Status, row: Row[Any], why: str) -> list[Move]:
    """Fail a row held by its `id` and `fence`, for a reason that its owner can read."""
    return [as_move(r) for r in await fetch(engine, _GIVE_UP[source], id=row.id, fence=row.fence, why=why)]


async def try_again(engine: AsyncEngine, row: Row[Any], why: str, *, delay: float, unsold: bool) -> list[Move]:
    """Put a row that is processing back to pending, due in `delay` seconds. `unsold` gives the attempt back."""
    parameters = {"id": row.id, "fence": row.fence, "why": why, "delay": delay, "unsold": unsold}
    return [as_move(r) for r in await fetch(engine, _TRY_AGAIN, **parameters)]


async def download_later(engine: AsyncEngine, row: Row[Any], *, delay: float, tried: bool = True) -> None:
    """Let go of a row whose outputs could not be stored yet; it is due again in `delay` seconds."""
    await fetch_nothing(engine, _DOWNLOAD_LATER, id=row.id, fence=row.fence, delay=delay, tried=1 if tried else 0)


async def fetch_nothing(engine: AsyncEngine, sql: TextClause, **parameters: Any) -> None:
    """Run one statement that commits by itself and returns no rows."""
    async with engine.connect() as connection:
        await connection.execute(sql, parameters)
