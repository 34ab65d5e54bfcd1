"""Retry: a failed or cancelled generation is tried again by hand, with a fresh allowance of attempts."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.moves import FIRST_ROUTE, FORGET
from pipeline.read import IN_ORDER, OF_BATCH, THOSE_IN_ORDER
from pipeline.resource import COLUMNS
from pipeline.statements import as_json, fetch, statement
from pipeline.transitions import move_any
from schema.statuses import Status, sql_list

RETRIED = frozenset({Status.FAILED, Status.CANCELLED})
MOST_ATTEMPTS = 1_000
"""Of all a generation's retries together: its timeline is read whole, and an attempt's number fits its column."""

# Not while the provider may still be at work on it (due_at): that one is stopped and read to its end first.
_MAY_BE = f"""g.due_at IS NULL
      AND g.attempt_number < {MOST_ATTEMPTS} AND (g.deadline IS NULL OR g.deadline > now())"""
_ANEW = """attempts_before = g.attempt_number, retry_count = 0, error_message = NULL, completed_at = NULL,
      progress = NULL, fence = g.fence + 1, archived_at = NULL"""
_FRESH = f"{move_any(RETRIED, Status.QUEUED)}, {_ANEW}, due_at = g.deadline"
# Outputs that were paid for and not stored are fetched before anything is bought: the row keeps its prediction.
# What could not be understood is read again: see actors/collect.py.
# Not what an external worker brought: the row goes back to its provider, which has sold nothing for it.
_UNSTORED = """g.outside_of IS NULL AND g.prediction->>'status' = 'succeeded'
      AND (jsonb_array_length(g.prediction->'output') > 0 OR g.prediction->>'unreadable' IS NOT NULL)"""
_RETRY_UNSTORED = f"""
    UPDATE image_generations AS g SET {_FRESH} WHERE %s AND {_MAY_BE} AND {_UNSTORED} RETURNING {COLUMNS}
"""
_RETRY = f"""
    UPDATE image_generations AS g SET {_FRESH}, {FORGET}, refused_by = '{{}}', {FIRST_ROUTE % "'{}'"}
    WHERE %s AND {_MAY_BE} AND coalesce(NOT ({_UNSTORED}), true) AND g.input IS NOT NULL RETURNING {COLUMNS}
"""
# What came by SQL and was never read waits for that first; see pipeline/incomplete.py.
_RETRY_UNREAD = f"""
    UPDATE image_generations AS g SET {move_any(RETRIED, Status.PENDING)}, {_ANEW}, due_at = now()
    WHERE %s AND {_MAY_BE} AND coalesce(NOT ({_UNSTORED}), true) AND g.input IS NULL RETURNING {COLUMNS}
"""
_EVERY = (_RETRY, _RETRY_UNSTORED, _RETRY_UNREAD)
_ONE = f"g.id = :id AND g.status IN ({sql_list(RETRIED)})"
_RETRY_ONE = [statement(sql % _ONE) for sql in _EVERY]
_MANY = f"{OF_BATCH} AND g.status IN ({sql_list(RETRIED)})"
_RETRY_MANY = [statement(THOSE_IN_ORDER + sql % _MANY) for sql in _EVERY]
_RETRY_BATCH = [statement(IN_ORDER + sql % f"{OF_BATCH} AND g.status = 'failed'") for sql in _EVERY]


async def retry(engine: AsyncEngine, generation_id: UUID) -> Row[Any] | None:
    """Queue a failed or cancelled generation again; its resource's row. None when it may not be."""
    for sql in _RETRY_ONE:
        if rows := await fetch(engine, sql, id=generation_id):
            return rows[0]
    return None


async def retry_failed(engine: AsyncEngine, batch_id: UUID) -> Sequence[Row[Any]]:
    """Queue the failed generations of a batch again, as far as they may be; their rows."""
    return [row for sql in _RETRY_BATCH for row in await fetch(engine, sql, batch_id=str(batch_id))]


async def retry_many(engine: AsyncEngine, ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Queue whichever of these have failed or were called off again, as far as they may be; their rows."""
    return [row for sql in _RETRY_MANY for row in await fetch(engine, sql, ids=as_json(ids))]
