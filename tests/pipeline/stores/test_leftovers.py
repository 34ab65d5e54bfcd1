"""A leftover is deleted only while nobody can need it again. Holds for every store."""

import asyncio
from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.database import SERVER_SETTINGS
from pipeline.ids import new_id
from pipeline.leftovers import Leftover, delete_leftover, find_leftovers
from pipeline.retry import retry
from pipeline.statements import fetch, statement
from pipeline.stores import Store, picture_key
from schema.statuses import FINAL, Status
from tests.rows import row_of, submit

PICTURE = b"\x89PNG not really"
_STATUS = statement("""
    UPDATE image_generations SET status = :status,
      due_at = CASE WHEN :status IN ('pending', 'processing', 'downloading') THEN now() END
    WHERE id = :id RETURNING id
""")
_NAME = statement("""
    INSERT INTO images (id, generation_id, idx, filename, storage_path, public_url, file_size, width, height, format,
      prompt, model)
    VALUES (gen_random_uuid(), :id, 0, 'f', :key, 'u', 1, 1, 1, 'png', 'p', 'm') RETURNING id
""")
_DELETE = statement("DELETE FROM image_generations WHERE id = :id RETURNING id")
_BLOCKED = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def generation(engine: AsyncEngine, status: Status) -> UUID:
    generation_id = await submit(engine)
    await fetch(engine, _STATUS, id=generation_id, status=status)
    return generation_id


async def put(store: Store, generation_id: UUID, idx: int = 0) -> str:
    key = picture_key(generation_id, idx, PICTURE, "png")
    await store.put(key, PICTURE, "image/png")
    return key


async def keys(store: Store) -> set[str]:
    return {stored.key async for stored in store.list()}


async def leftover_of(engine: AsyncEngine, key: str, generation_id: UUID) -> Leftover:
    (leftover,) = await find_leftovers(engine, {key: generation_id})
    return leftover


@dataclass
class HeldBack:
    """The deleting half of a real store, held back until the test lets it go."""

    store: Store
    reached: asyncio.Event
    let_go: asyncio.Event

    async def delete(self, key: str) -> None:
        self.reached.set()
        await self.let_go.wait()
        await self.store.delete(key)

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)


@pytest.mark.parametrize("status", list(Status))
async def test_only_a_final_generation_has_leftovers(engine: AsyncEngine, store: Store, status: Status) -> None:
    generation_id = await generation(engine, status)
    key = await put(store, generation_id)
    found = await find_leftovers(engine, {key: generation_id})
    assert found == ([Leftover(key, generation_id, has_row=True)] if status in FINAL else [])
    for leftover in found:
        assert await delete_leftover(engine, store, leftover)
    assert await keys(store) == (set() if status in FINAL else {key})


async def test_what_a_picture_names_is_no_leftover_and_its_neighbour_is(engine: AsyncEngine, store: Store) -> None:
    generation_id = await generation(engine, Status.COMPLETED)
    named, left = await put(store, generation_id, 0), await put(store, generation_id, 1)
    await fetch(engine, _NAME, id=generation_id, key=named)
    (leftover,) = await find_leftovers(engine, dict.fromkeys((named, left), generation_id))
    assert leftover.key == left
    assert await delete_leftover(engine, store, leftover)
    assert await keys(store) == {named}


async def test_what_is_left_of_a_deleted_generation_goes(engine: AsyncEngine, store: Store) -> None:
    generation_id = await generation(engine, Status.COMPLETED)
    key = await put(store, generation_id)
    await fetch(engine, _NAME, id=generation_id, key=key)
    assert await find_leftovers(engine, {key: generation_id}) == []
    await fetch(engine, _DELETE, id=generation_id)
    assert await delete_leftover(engine, store, await leftover_of(engine, key, generation_id))
    assert await keys(store) == set()


async def test_deleting_twice_does_no_harm(engine: AsyncEngine, store: Store) -> None:
    for generation_id in (await generation(engine, Status.FAILED), new_id()):
        leftover = await leftover_of(engine, await put(store, generation_id), generation_id)
        assert await delete_leftover(engine, store, leftover)
        assert await delete_leftover(engine, store, leftover)
    assert await keys(store) == set()


async def test_a_retry_before_the_deletion_keeps_the_object(engine: AsyncEngine, store: Store) -> None:
    generation_id = await generation(engine, Status.FAILED)
    key = await put(store, generation_id)
    leftover = await leftover_of(engine, key, generation_id)
    assert await retry(engine, generation_id)
    assert not await delete_leftover(engine, store, leftover)
    assert await keys(store) == {key}


async def test_a_retry_under_way_keeps_the_object(engine: AsyncEngine, store: Store, database_url: str) -> None:
    generation_id = await generation(engine, Status.FAILED)
    key = await put(store, generation_id)
    leftover = await leftover_of(engine, key, generation_id)
    other = await asyncpg.connect(database_url, server_settings=SERVER_SETTINGS)
    async with other.transaction():
        await other.execute("UPDATE image_generations SET status = 'queued' WHERE id = $1", generation_id)
        assert not await delete_leftover(engine, store, leftover)
    await other.close()
    assert await keys(store) == {key}


async def test_completed_in_the_meantime_it_is_named_and_stays(engine: AsyncEngine, store: Store) -> None:
    generation_id = await generation(engine, Status.FAILED)
    key = await put(store, generation_id)
    leftover = await leftover_of(engine, key, generation_id)
    await fetch(engine, _NAME, id=generation_id, key=key)
    await fetch(engine, _STATUS, id=generation_id, status=Status.COMPLETED)
    assert not await delete_leftover(engine, store, leftover)
    assert await keys(store) == {key}


async def test_a_retry_waits_for_the_deletion_and_its_picture_stays(
    engine: AsyncEngine, store: Store, database_url: str
) -> None:
    """The same bytes get the same key: were the retry not held up, the deletion would take the new picture."""
    generation_id = await generation(engine, Status.FAILED)
    leftover = await leftover_of(engine, await put(store, generation_id), generation_id)
    held_back = HeldBack(store, asyncio.Event(), asyncio.Event())
    watching = await asyncpg.connect(database_url, server_settings=SERVER_SETTINGS)

    async def try_again() -> str:
        assert await retry(engine, generation_id)
        return await put(store, generation_id)

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        deleting = group.create_task(delete_leftover(engine, held_back, leftover))  # type: ignore[arg-type]
        await held_back.reached.wait()
        retrying = group.create_task(try_again())
        while not await watching.fetchval(_BLOCKED):
            assert not retrying.done()
        assert (await row_of(engine, generation_id)).status == Status.FAILED
        held_back.let_go.set()
    await watching.close()
    assert deleting.result()
    assert await keys(store) == {retrying.result()} == {leftover.key}


async def test_a_deletion_that_fails_lets_go_of_the_row(engine: AsyncEngine, store: Store) -> None:
    generation_id = await generation(engine, Status.FAILED)
    with pytest.raises(Exception, match="cannot be the key"):
        await delete_leftover(engine, store, Leftover("../x", generation_id, has_row=True))
    assert await retry(engine, generation_id)


async def test_nothing_to_look_up(engine: AsyncEngine) -> None:
    assert await find_leftovers(engine, {}) == []
    assert await find_leftovers(engine, {f"a/{uuid4()}.png": uuid4()}) != []
