"""Delete: the row, its pictures and their objects."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.read import OF_BATCH, THOSE_IN_ORDER
from pipeline.statements import as_json, fetch, statement
from schema.statuses import FINAL, sql_list

# Only final rows, and not while the provider may still be at work: the meter would run on with nobody to stop it.
# The pictures' rows go with the generation's; their keys are read before, in the same snapshot.
_DELETE = statement(f"""
    {THOSE_IN_ORDER},
    gone AS (
      DELETE FROM image_generations AS g
      WHERE {OF_BATCH} AND g.status IN ({sql_list(FINAL)}) AND g.due_at IS NULL RETURNING g.id)
    SELECT gone.id, (SELECT coalesce(jsonb_agg(i.storage_path), CAST('[]' AS jsonb)) FROM images AS i
      WHERE i.generation_id = gone.id) AS keys
    FROM gone
""")


async def delete(engine: AsyncEngine, generation_id: UUID) -> Row[Any] | None:
    """Delete a final generation and its pictures' rows; the `keys` of their objects are the caller's to delete.

    None when there is no such row, or it is not final, or the provider may still be at work on it. Objects that stay
    because the caller dies here are found by the sweep of the store.
    """
    rows = await delete_many(engine, [generation_id])
    return rows[0] if rows else None


async def delete_many(engine: AsyncEngine, ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """The same for whichever of these may be deleted; their rows."""
    return await fetch(engine, _DELETE, ids=as_json(ids))
