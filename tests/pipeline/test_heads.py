"""Known heads: a claim begins where the line does, and finds what comes before it, of any priority, in its time."""

from collections.abc import Sequence

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.claim import claim_queued
from pipeline.lanes import remove_lane, set_lane
from pipeline.statements import execute, fetch, statement
from tests.rows import row_of, submit

MODEL = "black-forest-labs/flux-schnell"
_LATER = statement("UPDATE lanes SET heads_at = heads_at - interval '2 seconds'")
_HEADS = statement("SELECT heads, oldest_at FROM lanes WHERE model_id = ''")
_END = statement("UPDATE image_generations SET status = 'failed', due_at = NULL WHERE status = 'processing'")
_CAP = statement("UPDATE lanes SET cap = :cap WHERE model_id = ''")


async def claimed(engine: AsyncEngine, most: int = 1) -> Sequence[int]:
    """The priorities of the next claim's rows, best first."""
    rows = [await row_of(engine, row.id) for row in await claim_queued(engine, {"replicate": most}, 30)]
    return sorted((row.priority for row in rows), reverse=True)


async def heads(engine: AsyncEngine) -> dict[str, int]:
    """What is known of the provider's own lane."""
    found: dict[str, int] = (await fetch(engine, _HEADS))[0].heads
    return found


async def test_they_are_found_by_a_claim_once_a_second_at_most(engine: AsyncEngine) -> None:
    ids = [await submit(engine, priority=priority) for priority in (0, 0, 5)]
    assert await heads(engine) == {}
    await execute(engine, _LATER)
    assert await claimed(engine) == [5]
    turns = {str(row.priority): row.turn for row in [await row_of(engine, id_) for id_ in reversed(ids)]}
    assert await heads(engine) == turns
    assert await claimed(engine, 2) == [0, 0]
    assert await heads(engine) == turns


@pytest.mark.parametrize("priority", [-100, -3, 0, 3, 7, 100])
async def test_a_priority_that_nobody_knew_of_waits_for_nothing(engine: AsyncEngine, priority: int) -> None:
    for known in (5, 0, -5):
        await submit(engine, priority=known)
    await execute(engine, _LATER)
    assert await claimed(engine) == [5]
    await submit(engine, priority=priority)
    assert await claimed(engine, 10) == sorted([priority, 0, -5], reverse=True)


async def test_what_stands_before_a_known_head_is_found_with_the_next_heads(engine: AsyncEngine) -> None:
    await submit(engine)
    await execute(engine, statement("UPDATE lanes SET heads = '{\"0\": 9000000000000000000}'"))
    assert await claimed(engine) == []
    await execute(engine, _LATER)
    assert await claimed(engine) == [0]


async def test_a_line_that_has_ended_begins_anew_behind_its_known_head(engine: AsyncEngine) -> None:
    await submit(engine)
    await execute(engine, _LATER)
    assert await claimed(engine) == [0]
    await execute(engine, _LATER)
    await submit(engine, priority=9)
    assert await claimed(engine) == [9]
    known = (await heads(engine))["0"]
    later = await row_of(engine, await submit(engine))
    assert later.turn > known
    assert await claimed(engine) == [0]


async def test_a_lane_that_goes_leaves_nobody_before_the_head_of_the_one_they_come_into(engine: AsyncEngine) -> None:
    await set_lane(engine, "replicate", MODEL, 0, None)
    await submit(engine, model_id=MODEL)
    await submit(engine, model_id="other/model")
    await execute(engine, _LATER)
    assert await claimed(engine) == [0]
    await remove_lane(engine, "replicate", MODEL)
    assert await claimed(engine) == [0]


async def test_what_is_in_flight_is_counted_whenever_it_was_begun(engine: AsyncEngine) -> None:
    await execute(engine, _CAP, cap=3)
    for _ in range(6):
        await submit(engine)
    assert await claimed(engine) == [0]
    await execute(engine, statement("UPDATE image_generations SET attempt_at = now() - interval '1 hour'"))
    await execute(engine, _LATER)
    assert await claimed(engine) == [0]
    by_hand = """
        UPDATE image_generations SET attempt_at = NULL WHERE id = (
          SELECT id FROM image_generations WHERE status = 'processing' ORDER BY attempt_at DESC LIMIT 1)
    """
    await execute(engine, statement(by_hand))
    assert await claimed(engine, 10) == [0]
    assert await claimed(engine, 10) == []
    await execute(engine, _END)
    assert await claimed(engine, 10) == [0, 0, 0]
