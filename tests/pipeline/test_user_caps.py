"""Users' caps: so many in flight and no more; the rest is parked, and let in one by one, whatever ends how."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.advance import give_up, try_again
from pipeline.cancel import cancel
from pipeline.claim import claim_queued
from pipeline.limits import EACH, forget_limits, set_limits
from pipeline.read import read_generation
from pipeline.statements import execute, fetch, statement
from pipeline.sweep import admit_parked, promote_due
from schema.statuses import Status
from tests.rows import row_of, submit

LEASE = 30.0
_STANDING = statement("""
    SELECT count(*) FILTER (WHERE status = 'processing') AS flying,
      count(*) FILTER (WHERE status = 'queued' AND admitted) AS next,
      count(*) FILTER (WHERE status = 'queued' AND NOT admitted) AS parked
    FROM image_generations WHERE user_id = :user_id
""")
_DUE = statement("UPDATE image_generations SET due_at = now() WHERE status = 'pending' RETURNING id")


async def cap(engine: AsyncEngine, in_flight: int | None, user_id: str = "a") -> None:
    """Give a user a cap."""
    await set_limits(engine, user_id, in_flight=in_flight, per_minute=None, budget_usd=None, period="month")


async def standing(engine: AsyncEngine, user_id: str = "a") -> tuple[int, int, int]:
    """In flight, next, parked."""
    (row,) = await fetch(engine, _STANDING, user_id=user_id)
    return row.flying, row.next, row.parked


async def queue(engine: AsyncEngine, number: int, user_id: str = "a") -> list[UUID]:
    """So many of a user's."""
    return [await submit(engine, user_id=user_id) for _ in range(number)]


async def claimed(engine: AsyncEngine, most: int = 64) -> Counter[str]:
    """How many of each user's the next claim takes."""
    return Counter(row.user_id for row in await claim_queued(engine, {"replicate": most}, LEASE))


async def test_what_is_beyond_the_cap_is_parked_and_others_pass(engine: AsyncEngine) -> None:
    await cap(engine, 3)
    await queue(engine, 10)
    await queue(engine, 10, "b")
    assert await standing(engine) == (0, 3, 7)
    assert await claimed(engine) == {"a": 3, "b": 10}
    assert await claimed(engine) == {}
    assert await standing(engine) == (3, 0, 7)


async def _fail(engine: AsyncEngine, id_: UUID) -> None:
    assert await give_up(engine, Status.PROCESSING, await row_of(engine, id_), "for a test")


async def _put_off(engine: AsyncEngine, id_: UUID) -> None:
    assert await try_again(engine, await row_of(engine, id_), "for a test", delay=60, unsold=True)


async def _call_off(engine: AsyncEngine, id_: UUID) -> None:
    assert await cancel(engine, id_)


async def _move_by_hand(engine: AsyncEngine, id_: UUID) -> None:
    sql = "UPDATE image_generations SET status = 'downloading', due_at = now() WHERE id = :id RETURNING id"
    assert await fetch(engine, statement(sql), id=id_)


async def _delete_by_hand(engine: AsyncEngine, id_: UUID) -> None:
    assert await fetch(engine, statement("DELETE FROM image_generations WHERE id = :id RETURNING id"), id=id_)


@pytest.mark.parametrize("leave", [_fail, _put_off, _call_off, _move_by_hand, _delete_by_hand])
async def test_whoever_leaves_lets_the_next_one_in(
    engine: AsyncEngine, leave: Callable[[AsyncEngine, UUID], Awaitable[None]]
) -> None:
    await cap(engine, 2)
    await queue(engine, 5)
    (first, _) = await claim_queued(engine, {"replicate": 64}, LEASE)
    await leave(engine, first.id)
    assert await standing(engine) == (1, 1, 2)
    assert await claimed(engine) == {"a": 1}
    assert await standing(engine) == (2, 0, 2)


async def test_one_that_is_called_off_before_its_turn_lets_the_next_one_in_and_a_parked_one_nobody(
    engine: AsyncEngine,
) -> None:
    await cap(engine, 2)
    ids = await queue(engine, 5)
    assert await cancel(engine, ids[0])
    assert await standing(engine) == (0, 2, 2)
    assert await cancel(engine, ids[4])
    assert await standing(engine) == (0, 2, 1)


async def test_one_that_comes_back_from_its_backoff_is_parked_when_its_place_is_taken(engine: AsyncEngine) -> None:
    await cap(engine, 1)
    await queue(engine, 3)
    (first,) = await claim_queued(engine, {"replicate": 64}, LEASE)
    await _put_off(engine, first.id)
    assert await claimed(engine) == {"a": 1}
    await fetch(engine, _DUE)
    assert len(await promote_due(engine)) == 1
    assert await standing(engine) == (1, 0, 2)


async def test_new_limits_hold_for_what_waits_already(engine: AsyncEngine) -> None:
    await queue(engine, 10)
    await queue(engine, 2, "b")
    assert await claimed(engine, 4) == {"a": 2, "b": 2}
    await cap(engine, 3)
    assert await standing(engine) == (2, 1, 7)
    await cap(engine, 5)
    assert await standing(engine) == (2, 3, 5)
    await cap(engine, 1)
    assert await standing(engine) == (2, 0, 8)
    assert await claimed(engine) == {}
    await forget_limits(engine, "a")
    assert await standing(engine) == (2, 8, 0)
    assert await claimed(engine) == {"a": 8}


async def test_limits_for_each_hold_for_those_without_their_own(engine: AsyncEngine) -> None:
    await cap(engine, 4, "b")
    for user_id in "abc":
        await queue(engine, 6, user_id)
    await submit(engine, user_id=None)
    await submit(engine, user_id=None)
    await cap(engine, 1, EACH)
    assert [await standing(engine, user_id) for user_id in "abc"] == [(0, 1, 5), (0, 4, 2), (0, 1, 5)]
    assert await claimed(engine) == {"a": 1, "b": 4, "c": 1, None: 1}
    await forget_limits(engine, "b")
    assert await standing(engine, "b") == (4, 0, 2), "what flies is not called back"


async def test_a_batch_in_one_statement_is_parked_beyond_the_cap(engine: AsyncEngine) -> None:
    await cap(engine, 3)
    many = statement("""
        INSERT INTO image_generations (id, user_id, prompt, model, model_id, status)
        SELECT gen_random_uuid(), 'a', 'p', 'm/m', 'm/m', 'queued' FROM generate_series(1, 100)
    """)
    await execute(engine, many)
    assert await standing(engine) == (0, 3, 97)


async def test_submissions_that_do_not_see_each_other_let_no_more_fly(engine: AsyncEngine) -> None:
    """Both find the last place free, so both stand in line; the claim is what holds."""
    await cap(engine, 1)
    insert = statement("""
        INSERT INTO image_generations (id, user_id, prompt, model, model_id, status)
        VALUES (gen_random_uuid(), 'a', 'p', 'm/m', 'm/m', 'queued')
    """)
    async with engine.connect() as one, engine.connect() as other:
        for connection in (one, other):
            await connection.execution_options(isolation_level="READ COMMITTED")
        async with one.begin(), other.begin():
            await one.execute(insert)
            await other.execute(insert)
    assert await standing(engine) == (0, 2, 0)
    assert await claimed(engine) == {"a": 1}
    assert await claimed(engine) == {}


async def test_a_place_that_two_leave_to_nobody_is_found_by_the_sweep(engine: AsyncEngine) -> None:
    """One leaves while another comes: neither sees the other, so the newcomer is parked beside a free place."""
    await cap(engine, 1)
    (first,) = await queue(engine, 1)
    async with engine.connect() as leaving:
        await leaving.execution_options(isolation_level="READ COMMITTED")
        async with leaving.begin():
            cancelled = "UPDATE image_generations SET status = 'cancelled', completed_at = now() WHERE id = :id"
            await leaving.execute(statement(cancelled), {"id": first})
            await queue(engine, 1)
    assert await standing(engine) == (0, 0, 1)
    assert await admit_parked(engine) == 1
    assert await standing(engine) == (0, 1, 0)


async def test_many_workers_never_pass_a_cap_and_serve_everybody(engine: AsyncEngine) -> None:
    for user_id in "abcd":
        await cap(engine, 2, user_id)
    await asyncio.gather(*(submit(engine, user_id=user_id) for user_id in "abcd" for _ in range(12)))
    served = Counter[str]()

    async def work() -> None:
        while sum(served.values()) < 48:
            for row in await claim_queued(engine, {"replicate": 3}, LEASE):
                flying = Counter({user: (await standing(engine, user))[0] for user in "abcd"})
                assert max(flying.values()) <= 2
                served[row.user_id] += 1
                await _fail(engine, row.id)
            await admit_parked(engine)

    async with asyncio.timeout(60):
        await asyncio.gather(*(work() for _ in range(4)))
    assert served == dict.fromkeys("abcd", 12)


async def test_the_resource_does_not_show_where_it_is_parked(engine: AsyncEngine) -> None:
    await cap(engine, 1)
    ids = await queue(engine, 2)
    row = await read_generation(engine, ids[1])
    assert row is not None
    assert (row.status, hasattr(row, "admitted")) == ("queued", False)


_ASKED = statement("UPDATE image_generations SET asked_at = now() WHERE id = ANY(:ids) RETURNING id")
_ANSWERED = statement("UPDATE image_generations SET due_at = NULL WHERE id = ANY(:ids) RETURNING id")


async def test_what_was_called_off_keeps_its_place_until_its_provider_has_answered(engine: AsyncEngine) -> None:
    """Nothing stops a call whose answer is the picture: who submits and cancels would have any number under way."""
    await cap(engine, 2)
    first = await queue(engine, 2)
    assert await claimed(engine) == {"a": 2}
    await fetch(engine, _ASKED, ids=first)
    for one in first:
        assert await cancel(engine, one) is not None
    await queue(engine, 3)
    assert await standing(engine) == (0, 0, 3)
    assert await claimed(engine) == {}
    await fetch(engine, _ANSWERED, ids=first)
    assert await admit_parked(engine) == 2
    assert await claimed(engine) == {"a": 2}
