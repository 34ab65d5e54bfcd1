"""A key makes one generation a day, whoever comes second and whatever happens to the first."""

import asyncio
from typing import Any

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.database import SERVER_SETTINGS
from pipeline.errors import KeyReused, NotFound
from pipeline.idempotency import Key, Once, forget_old_keys, submit_once
from pipeline.statements import fetch, statement
from tests.rows import submission

BODY, OTHER_BODY = b"\x01" * 32, b"\x02" * 32
KEY = Key("somebody", "once", BODY)
_GENERATIONS = statement("SELECT id FROM image_generations")
_KEYS = statement("SELECT key FROM idempotency_keys ORDER BY key")
_AGE = statement("""
    UPDATE idempotency_keys SET created_at = created_at - CAST(:hours AS double precision) * interval '1 hour'
    RETURNING key
""")
_DELETE = statement("DELETE FROM image_generations WHERE id = :id RETURNING id")
_FAIL = statement("UPDATE image_generations SET status = 'failed' WHERE id = :id RETURNING id")
_BLOCKED = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def once(engine: AsyncEngine, key: Key = KEY, **given: Any) -> Once:
    return await submit_once(engine, key, submission(**given))


async def age(engine: AsyncEngine, hours: float) -> None:
    await fetch(engine, _AGE, hours=hours)


async def count(engine: AsyncEngine) -> int:
    return len(await fetch(engine, _GENERATIONS))


async def test_the_second_gets_the_first_ones_generation_as_it_stands_now(engine: AsyncEngine) -> None:
    first = await once(engine)
    assert not first.replayed
    await fetch(engine, _FAIL, id=first.row.id)
    second = await once(engine)
    assert second.replayed
    assert (second.row.id, second.row.status) == (first.row.id, "failed")
    assert await count(engine) == 1


async def test_another_body_is_refused(engine: AsyncEngine) -> None:
    await once(engine)
    with pytest.raises(KeyReused):
        await once(engine, KEY._replace(body_hash=OTHER_BODY))
    assert await count(engine) == 1


async def test_keys_belong_to_their_users(engine: AsyncEngine) -> None:
    users = ("somebody", "somebody else", "")
    made = [await once(engine, KEY._replace(user_id=user)) for user in users]
    assert len({once.row.id for once in made}) == 3


async def test_of_many_at_once_one_makes_it(engine: AsyncEngine) -> None:
    made = await asyncio.gather(*(once(engine) for _ in range(50)))
    assert [once.replayed for once in made].count(False) == 1
    assert len({once.row.id for once in made}) == await count(engine) == 1


async def test_who_waits_for_one_that_is_rolled_back_makes_it(engine: AsyncEngine, database_url: str) -> None:
    other = await asyncpg.connect(database_url, server_settings=SERVER_SETTINGS)
    watching = await asyncpg.connect(database_url, server_settings=SERVER_SETTINGS)
    held = other.transaction()
    await held.start()
    sql = "INSERT INTO idempotency_keys (user_id, key, body_hash, generation_id) VALUES ($1, $2, $3, gen_random_uuid())"
    await other.execute(sql, KEY.user_id, KEY.key, KEY.body_hash)
    waiting = asyncio.create_task(once(engine))
    async with asyncio.timeout(10):
        while not await watching.fetchval(_BLOCKED):
            assert not waiting.done()
    await held.rollback()
    assert not (await waiting).replayed
    assert await count(engine) == 1
    await other.close()
    await watching.close()


async def test_a_row_that_is_refused_leaves_no_key(engine: AsyncEngine) -> None:
    with pytest.raises(DBAPIError):
        await once(engine, prompt=None)
    assert await fetch(engine, _KEYS) == []
    assert not (await once(engine)).replayed


async def test_a_deleted_generation_is_not_made_again(engine: AsyncEngine) -> None:
    first = await once(engine)
    await fetch(engine, _DELETE, id=first.row.id)
    with pytest.raises(NotFound, match="has been deleted"):
        await once(engine)
    assert await count(engine) == 0


async def test_a_key_is_free_again_after_a_day_and_not_before(engine: AsyncEngine) -> None:
    first = await once(engine)
    await age(engine, 23.9)
    assert (await once(engine)).row.id == first.row.id
    await age(engine, 0.2)
    second = await once(engine, KEY._replace(body_hash=OTHER_BODY))
    assert not second.replayed
    assert second.row.id != first.row.id
    assert (await once(engine, KEY._replace(body_hash=OTHER_BODY))).row.id == second.row.id


async def test_of_many_at_once_one_takes_an_old_key(engine: AsyncEngine) -> None:
    await once(engine)
    await age(engine, 25)
    made = await asyncio.gather(*(once(engine) for _ in range(20)))
    assert len({once.row.id for once in made}) == 1
    assert await count(engine) == 2


async def test_old_keys_are_forgotten_in_batches_and_young_ones_are_not(engine: AsyncEngine) -> None:
    for number in range(5):
        await once(engine, KEY._replace(key=f"old {number}"))
    await age(engine, 25)
    await once(engine, KEY._replace(key="young"))
    assert await forget_old_keys(engine, most=2) == 5
    assert [row.key for row in await fetch(engine, _KEYS)] == ["young"]
    assert await forget_old_keys(engine, most=2) == 0
    assert await count(engine) == 6


async def test_keys_are_forgotten_while_they_are_used(engine: AsyncEngine) -> None:
    """Whichever of the two comes first, there is one new generation and its key."""
    for number in range(10):
        key = KEY._replace(key=f"key {number}")
        await once(engine, key)
        await age(engine, 25)
        made, _ = await asyncio.gather(asyncio.gather(*(once(engine, key) for _ in range(5))), forget_old_keys(engine))
        assert len({once.row.id for once in made}) == 1
        assert await count(engine) == 2 * (number + 1)
