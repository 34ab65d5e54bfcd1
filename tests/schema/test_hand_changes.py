"""A change made by hand in psql is a change: it gets a version, a clock, a new fence and a push."""

import asyncio

import asyncpg
import orjson
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.claim import claim_queued
from pipeline.ids import new_id
from pipeline.notices import CHANNEL
from pipeline.outputs import finish
from tests.rows import row_of, statuses, submit


async def test_reset_by_hand_is_versioned_due_and_pushed(engine: AsyncEngine, database_url: str) -> None:
    generation_id = await submit(engine)
    (claimed,) = await claim_queued(engine, {"replicate": 1}, lease=30)
    psql, heard = await asyncpg.connect(database_url), asyncio.Queue[str]()
    await psql.add_listener(CHANNEL, lambda *notification: heard.put_nowait(str(notification[-1])))

    await psql.execute("UPDATE image_generations SET status = 'pending', attempt_number = 0")

    row = await row_of(engine, generation_id)
    assert statuses(row) == ["queued", "processing", "pending"]
    assert row.timeline[-1]["why"] == "changed by hand"
    assert row.version == 3
    assert row.due_at is not None
    assert row.fence > claimed.fence
    hint = orjson.loads(await asyncio.wait_for(heard.get(), 5))
    assert hint == [[str(generation_id), 3, "somebody", None]]
    await psql.close()


async def test_a_worker_that_was_busy_with_the_row_writes_to_nothing(engine: AsyncEngine, database_url: str) -> None:
    generation_id = await submit(engine)
    (claimed,) = await claim_queued(engine, {"replicate": 1}, lease=30)
    psql = await asyncpg.connect(database_url)
    await psql.execute("UPDATE image_generations SET status = 'downloading'")
    await psql.close()
    assert await finish(engine, [{"id": generation_id, "fence": claimed.fence, "pictures": []}]) == []


async def test_a_change_that_is_no_transition_keeps_version_and_fence(engine: AsyncEngine, database_url: str) -> None:
    generation_id = await submit(engine)
    before = await row_of(engine, generation_id)
    psql = await asyncpg.connect(database_url)
    await psql.execute("UPDATE image_generations SET priority = 9")
    await psql.close()
    after = await row_of(engine, generation_id)
    assert (after.version, after.fence, after.priority) == (before.version, before.fence, 9)
    assert int(after.changed) > int(before.changed)


async def test_a_row_inserted_by_hand_begins_its_timeline(engine: AsyncEngine, database_url: str) -> None:
    psql = await asyncpg.connect(database_url)
    generation_id = new_id()
    await psql.execute(
        "INSERT INTO image_generations (id, prompt, model, model_id, status) VALUES ($1, 'p', 'm/m', 'm/m', 'pending')",
        generation_id,
    )
    await psql.close()
    row = await row_of(engine, generation_id)
    assert (row.version, statuses(row)) == (1, ["pending"])
    assert row.due_at is not None


async def test_our_own_connections_do_not_count_as_hands(engine: AsyncEngine) -> None:
    generation_id = await submit(engine)
    await claim_queued(engine, {"replicate": 1}, lease=30)
    assert (await row_of(engine, generation_id)).version == 2


async def test_a_working_row_without_a_clock_cannot_be_written(engine: AsyncEngine, database_url: str) -> None:
    await submit(engine)
    psql = await asyncpg.connect(database_url, server_settings={"darkroom.app": "on"})
    with pytest.raises(asyncpg.CheckViolationError, match="due_at"):
        await psql.execute("UPDATE image_generations SET status = 'processing', due_at = NULL")
    await psql.close()


async def test_a_row_called_off_by_hand_keeps_a_clock_while_the_provider_may_work(
    engine: AsyncEngine, database_url: str
) -> None:
    running = await submit(engine)
    await claim_queued(engine, {"replicate": 1}, lease=30)
    waiting = await submit(engine)
    psql = await asyncpg.connect(database_url)
    await psql.execute("UPDATE image_generations SET status = 'cancelled'")
    await psql.close()
    assert (await row_of(engine, running)).due_at is not None
    assert (await row_of(engine, waiting)).due_at is None
