"""Turns: strict priority, and inside one the users share what the lane gives, however much each of them waits for."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.claim import claim_queued
from pipeline.ids import new_id
from pipeline.statements import fetch, statement
from pipeline.submit import Submissions
from tests.rows import submission, submit

LEASE = 30.0
MANY = 5_000
CAP = 10

_CAP = statement("UPDATE lanes SET cap = :cap RETURNING cap")
_FINISH = statement(
    "UPDATE image_generations SET status = 'failed', due_at = NULL, completed_at = now() WHERE id = :id RETURNING id"
)
_AGAIN = statement("UPDATE image_generations SET status = 'pending', due_at = now() WHERE id = :id RETURNING id")
_QUEUE = statement("UPDATE image_generations SET status = 'queued' WHERE status = 'pending' RETURNING id")
_MANY = statement("""
    INSERT INTO image_generations (id, user_id, prompt, model, model_id, status)
    SELECT gen_random_uuid(), :user_id, 'p', 'm/m', 'm/m', 'queued' FROM generate_series(1, :number) RETURNING id
""")


async def claimed(engine: AsyncEngine, most: int = CAP) -> list[tuple[UUID, str | None]]:
    """The next claims: whose they are."""
    rows = await claim_queued(engine, {"replicate": most}, LEASE)
    return sorted(((row.id, row.user_id) for row in rows), key=lambda one: str(one[1]))


async def users_served(engine: AsyncEngine, count: int) -> list[str | None]:
    """Whose turn it is, `count` times, when one slot becomes free after the other."""
    served = []
    for _ in range(count):
        ((id_, user_id),) = await claimed(engine, 1)
        await fetch(engine, _FINISH, id=id_)
        served.append(user_id)
    return served


async def test_one_of_another_user_is_kept_waiting_by_no_more_than_what_is_in_flight(engine: AsyncEngine) -> None:
    await fetch(engine, _CAP, cap=CAP)
    await fetch(engine, _MANY, user_id="a", number=MANY)
    assert len(await claimed(engine)) == CAP
    b = await submit(engine, user_id="b")
    assert await claimed(engine) == [], "the lane is full"
    before = 0
    while True:
        in_flight = await fetch(engine, statement("SELECT id FROM image_generations WHERE status = 'processing'"))
        await fetch(engine, _FINISH, id=in_flight[0].id)
        ((id_, _),) = await claimed(engine, 1)
        if id_ == b:
            break
        before += 1
    assert before <= CAP


async def test_users_take_turns(engine: AsyncEngine) -> None:
    for user_id, number in (("a", 100), ("b", 3), ("c", 5)):
        await fetch(engine, _MANY, user_id=user_id, number=number)
    served = await users_served(engine, 13)
    assert {user: served.count(user) for user in "abc"} == {"a": 5, "b": 3, "c": 5}
    assert set(served[:3]) == set(served[3:6]) == set("abc")


async def test_higher_priority_overtakes_the_whole_line(engine: AsyncEngine) -> None:
    await fetch(engine, _MANY, user_id="a", number=MANY)
    urgent = await submit(engine, user_id="a", priority=10)
    assert await claimed(engine, 1) == [(urgent, "a")]


async def test_urgent_rows_do_not_move_the_line_below_them(engine: AsyncEngine) -> None:
    """A lane's turns are counted for each priority by itself, or one's urgent rows would cost others their place."""
    await fetch(engine, _MANY, user_id="a", number=50)
    for _ in range(20):
        await submit(engine, user_id="urgent", priority=10)
    await users_served(engine, 20)
    await submit(engine, user_id="b")
    assert "b" in await users_served(engine, 2)


async def test_another_attempt_does_not_go_behind_its_owners_line(engine: AsyncEngine) -> None:
    first = await submit(engine, user_id="a")
    ((id_, _),) = await claimed(engine, 1)
    assert id_ == first
    await fetch(engine, _MANY, user_id="a", number=100)
    await fetch(engine, _AGAIN, id=first)
    await fetch(engine, _QUEUE)
    assert first in {one for one, _ in await claimed(engine, 2)}


async def test_what_was_scheduled_jumps_nobody(engine: AsyncEngine) -> None:
    await fetch(engine, _MANY, user_id="b", number=3)
    await Submissions(engine).submit(submission(user_id="a", scheduled_at="2999-01-01T00:00:00Z"))
    for _ in range(50):
        await Submissions(engine).submit(submission(user_id="a", scheduled_at="2999-01-01T00:00:00Z", id=new_id()))
    await fetch(engine, _QUEUE)
    served = await users_served(engine, 6)
    assert served.count("b") == 3


async def test_those_without_a_name_share_one_turn(engine: AsyncEngine) -> None:
    for _ in range(20):
        await submit(engine, user_id=None)
    await submit(engine, user_id="b")
    assert "b" in await users_served(engine, 2)


async def test_a_batch_in_one_statement_takes_one_turn_after_the_other(engine: AsyncEngine) -> None:
    rows = await fetch(engine, _MANY, user_id="a", number=100)
    turns = await fetch(engine, statement("SELECT count(DISTINCT turn) AS different FROM image_generations"))
    assert (len(rows), turns[0].different) == (100, 100)
