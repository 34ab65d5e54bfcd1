"""A row that is gone is told to every gateway: whoever deleted it, and only when it has happened."""

import asyncio

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.delete import delete
from pipeline.deletions import CHANNEL, Deletion, read_deletion
from tests.rows import submit
from tests.schema.test_events import develop

BATCH = "01234567-0000-7000-8000-00000000000b"


@pytest.mark.parametrize("by_hand", [True, False])
async def test_a_generation_and_its_pictures(engine: AsyncEngine, database_url: str, by_hand: bool) -> None:
    generation_id = await submit(engine, batch_id=BATCH)
    await develop(engine, generation_id, pictures=2)
    psql, heard = await asyncpg.connect(database_url), asyncio.Queue[str]()
    images = {row["id"] for row in await psql.fetch("SELECT id FROM images")}
    await psql.add_listener(CHANNEL, lambda *notification: heard.put_nowait(str(notification[-1])))
    if by_hand:
        await psql.execute("DELETE FROM image_generations")
    else:
        assert await delete(engine, generation_id)
    told = {read_deletion(await asyncio.wait_for(heard.get(), 5)) for _ in range(3)}
    await psql.close()
    (generation,) = [one for one in told if one.table == "image_generations"]
    assert generation[1:4] == (generation_id, generation_id, "somebody")
    assert str(generation.batch_id) == BATCH
    assert told - {generation} == {Deletion("images", id_, generation_id, "somebody", None) for id_ in images}


async def test_one_that_is_rolled_back_is_not_told(engine: AsyncEngine, database_url: str) -> None:
    kept, gone = await submit(engine), await submit(engine)
    psql, heard = await asyncpg.connect(database_url), asyncio.Queue[str]()
    await psql.add_listener(CHANNEL, lambda *notification: heard.put_nowait(str(notification[-1])))
    transaction = psql.transaction()
    await transaction.start()
    await psql.execute("DELETE FROM image_generations WHERE id = $1", kept)
    await transaction.rollback()
    await psql.execute("DELETE FROM image_generations WHERE id = $1", gone)
    assert read_deletion(await asyncio.wait_for(heard.get(), 5)).id == gone
    await psql.close()
