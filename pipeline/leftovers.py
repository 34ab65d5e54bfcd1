"""Leftovers: objects in the store that no picture's row names, left by a worker or a deletion that was cut short."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.statements import as_json, fetch, given, statement
from pipeline.stores import Store
from schema.statuses import FINAL, sql_list

_LEFTOVERS = statement(f"""
    SELECT r.key, r.generation_id, g.id IS NOT NULL AS has_row
    FROM {given("key text, generation_id uuid")} LEFT JOIN image_generations AS g ON g.id = r.generation_id
    WHERE (g.id IS NULL OR g.status IN ({sql_list(FINAL)}))
      AND NOT EXISTS (SELECT FROM images AS i WHERE i.generation_id = r.generation_id AND i.storage_path = r.key)
""")

# Skipped when somebody else holds it: then it is just being moved, and the next sweep will see where to.
_HOLD = statement(f"""
    SELECT id FROM image_generations WHERE id = :id AND status IN ({sql_list(FINAL)}) FOR UPDATE SKIP LOCKED
""")
_NAMED = statement("SELECT id FROM images WHERE generation_id = :id AND storage_path = :key")


class Leftover(NamedTuple):
    """A key that nobody needed when we looked."""

    key: str
    generation_id: UUID
    has_row: bool
    """Whether the generation's row is there; without one it never comes back, for ids are not used twice."""


async def find_leftovers(engine: AsyncEngine, keys: Mapping[str, UUID]) -> list[Leftover]:
    """Which of `keys` (each with its generation) no picture names, of generations that are final or gone."""
    rows = [{"key": key, "generation_id": generation_id} for key, generation_id in keys.items()]
    found = await fetch(engine, _LEFTOVERS, rows=as_json(rows))
    return [Leftover(row.key, row.generation_id, row.has_row) for row in found]


async def delete_leftover(engine: AsyncEngine, store: Store, leftover: Leftover) -> bool:
    """Delete the object unless it is needed again; whether it went. Raises StoreError.

    A failed generation can be tried again, and the same bytes get the same key. So its row is held while the object
    is deleted: whoever wants to move it waits, and puts the object anew afterwards. This is the one place where a
    connection is held across a call of the store; a lock that Postgres loses meanwhile (its restart) leaves a retry
    the time that this one call still takes, far less than a purchase does.
    """
    if not leftover.has_row:
        await store.delete(leftover.key)
        return True
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="READ COMMITTED")
        async with connection.begin():
            if not (await connection.execute(_HOLD, {"id": leftover.generation_id})).all():
                return False
            # A statement of its own, because its snapshot has to be younger than the lock.
            named = await connection.execute(_NAMED, {"id": leftover.generation_id, "key": leftover.key})
            if named.all():
                return False
            await store.delete(leftover.key)
            return True
