"""Read: one generation, many, or a list; always as the whole resource."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.outages import is_away
from pipeline.resource import COLUMNS_WITH_IMAGES
from pipeline.row_errors import RowErrors
from pipeline.statements import WANTED, as_json, fetch, statement
from schema.statuses import FINAL, Status, sql_list

_BY_ID = statement(f"""
    SELECT {COLUMNS_WITH_IMAGES} FROM image_generations AS g
    WHERE g.id IN {WANTED}
""")

_UNFINISHED = statement(f"""
    SELECT {COLUMNS_WITH_IMAGES} FROM image_generations AS g
    WHERE g.id IN (
      (SELECT id FROM image_generations WHERE status = 'queued' AND (:everyone OR user_id = :user_id)
       ORDER BY created_at DESC LIMIT :most)
      UNION ALL
      (SELECT id FROM image_generations
       WHERE due_at IS NOT NULL AND status NOT IN ({sql_list(FINAL)}) AND (:everyone OR user_id = :user_id)
       ORDER BY created_at DESC LIMIT :most))
    ORDER BY g.created_at DESC, g.id DESC LIMIT :most
""")


async def read_generation(engine: AsyncEngine, generation_id: UUID) -> Row[Any] | None:
    """One generation, or None."""
    rows = await read_generations(engine, [generation_id])
    return rows[0] if rows else None


async def read_generations(engine: AsyncEngine, ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """The generations with these ids, in no particular order."""
    return await fetch(engine, _BY_ID, ids=as_json(ids))


async def read_readable(engine: AsyncEngine, ids: Sequence[UUID], errors: RowErrors) -> list[Row[Any]]:
    """As `read_generations`, without the rows that cannot be read: those are found by halves, and noted in `errors`.

    Raises only what says that the database is away.
    """
    try:
        return list(await read_generations(engine, ids))
    except Exception as error:
        if is_away(error):
            raise
        if len(ids) == 1:
            errors.note(ids[0], error)
            return []
    half = len(ids) // 2
    return [row for part in (ids[:half], ids[half:]) for row in await read_readable(engine, part, errors)]


async def read_unfinished(engine: AsyncEngine, user_id: str | None, most: int) -> Sequence[Row[Any]]:
    """Up to `most` unfinished generations of a user (of everyone when None), newest first."""
    return await fetch(engine, _UNFINISHED, everyone=user_id is None, user_id=user_id, most=most)


_DUE = statement("""
    (SELECT id FROM image_generations WHERE status = 'processing' AND due_at IS NOT NULL ORDER BY due_at LIMIT :most)
    UNION ALL
    (SELECT id FROM image_generations WHERE status = 'downloading' AND due_at IS NOT NULL ORDER BY due_at LIMIT :most)
    UNION ALL
    (SELECT id FROM image_generations WHERE status = 'pending' AND due_at <= now() ORDER BY due_at LIMIT :most)
    UNION ALL
    (SELECT id FROM image_generations WHERE status = 'queued' ORDER BY provider, lane, priority DESC, turn LIMIT :most)
    LIMIT :most
""")


async def read_due(engine: AsyncEngine, most: int) -> list[UUID]:
    """Up to `most` generations that are on their way or wait for a slot; what is on its way first."""
    return [row.id for row in await fetch(engine, _DUE, most=most)]


# Whoever writes to many rows locks them in the order of their ids, or two statements could wait for each other.
IN_ORDER = """
    WITH members AS MATERIALIZED (
      SELECT id FROM image_generations WHERE batch_id = CAST(:batch_id AS uuid) AND batch_id IS NOT NULL
      ORDER BY id FOR UPDATE)"""
"""Begins a statement that writes to a batch's generations; OF_BATCH picks them, as `g`."""
THOSE_IN_ORDER = f"""
    WITH members AS MATERIALIZED (
      SELECT id FROM image_generations
      WHERE id IN {WANTED}
      ORDER BY id FOR UPDATE)"""
"""The same for the generations in `:ids`."""
OF_BATCH = "g.id IN (SELECT id FROM members)"
_BATCH = statement("""
    SELECT user_id, CAST(status AS text) AS status, count(*) AS number
    FROM image_generations WHERE batch_id = CAST(:batch_id AS uuid) AND batch_id IS NOT NULL
    GROUP BY user_id, status
""")


async def read_batch(engine: AsyncEngine, batch_id: UUID) -> tuple[set[str | None], dict[str, int]]:
    """Whose a batch is, and how many of its generations stand where; both empty when there is none."""
    rows = await fetch(engine, _BATCH, batch_id=str(batch_id))
    counts = dict.fromkeys(Status, 0)
    for row in rows:
        counts[Status(row.status)] += row.number
    return {row.user_id for row in rows}, {str(status): count for status, count in counts.items()} if rows else {}


@cache
def _listing(filters: frozenset[str]) -> TextClause:
    conditions = {
        "user_id": "g.user_id = :user_id",
        "before": "(g.created_at, g.id) < (CAST(:before_at AS timestamptz), CAST(:before_id AS uuid))",
        "model_id": "g.model_id = :model_id",
        "batch_id": "g.batch_id = CAST(:batch_id AS uuid)",
        # Literals, so that the partial indexes serve.
        **{f"status={status}": f"g.status = '{status}'" for status in Status},
    }
    wanted = " AND ".join(conditions[name] for name in sorted(filters)) or "true"
    return statement(f"""
        SELECT {COLUMNS_WITH_IMAGES} FROM image_generations AS g
        WHERE {wanted} ORDER BY g.created_at DESC, g.id DESC LIMIT :most
    """)


async def list_generations(
    engine: AsyncEngine,
    *,
    user_id: str | None,
    most: int,
    status: Status | None = None,
    model_id: str | None = None,
    batch_id: UUID | None = None,
    before: tuple[datetime, UUID] | None = None,
) -> Sequence[Row[Any]]:
    """Up to `most` generations of a user (of everyone when None), newest first, older than `before`."""
    given: dict[str, Any] = {"user_id": user_id, "model_id": model_id, "batch_id": batch_id and str(batch_id)}
    parameters = {name: value for name, value in given.items() if value is not None}
    filters = set(parameters)
    if status is not None:
        filters.add(f"status={status}")
    if before is not None:
        filters.add("before")
        parameters |= {"before_at": before[0], "before_id": str(before[1])}
    return await fetch(engine, _listing(frozenset(filters)), most=most, **parameters)
