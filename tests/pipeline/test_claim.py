"""Claims: best first, never past the cap, each row once."""

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.claim import claim_queued
from pipeline.statements import fetch, statement
from tests.rows import row_of, statuses, submit

_CAP = statement("UPDATE lanes SET cap = :cap, paused = :paused RETURNING cap")


async def test_highest_priority_first_then_oldest(engine: AsyncEngine) -> None:
    low = await submit(engine, priority=-5)
    old = await submit(engine)
    young = await submit(engine)
    high = await submit(engine, priority=10)
    claimed = [(await claim_queued(engine, {"replicate": 1}, lease=30))[0].id for _ in range(4)]
    assert claimed == [high, old, young, low]


async def test_the_attempt_and_the_lease_are_committed(engine: AsyncEngine) -> None:
    generation_id = await submit(engine)
    (claimed,) = await claim_queued(engine, {"replicate": 5}, lease=30)
    row = await row_of(engine, generation_id)
    assert statuses(row) == ["queued", "processing"]
    assert (row.attempt_number, row.fence, claimed.fence) == (1, 1, 1)
    assert row.due_at - row.attempt_at == timedelta(seconds=30)


async def test_twenty_claimers_never_pass_the_cap_and_share_no_row(engine: AsyncEngine) -> None:
    await fetch(engine, _CAP, cap=10, paused=False)
    for _ in range(30):
        await submit(engine)
    claims = await asyncio.gather(*(claim_queued(engine, {"replicate": 4}, lease=30) for _ in range(20)))
    ids = [row.id for claim in claims for row in claim]
    assert len(ids) == len(set(ids)) == 10
    assert await claim_queued(engine, {"replicate": 4}, lease=30) == []


async def test_a_paused_lane_and_an_unknown_one_give_nothing(engine: AsyncEngine) -> None:
    await submit(engine)
    await fetch(engine, _CAP, cap=10, paused=True)
    assert await claim_queued(engine, {"replicate": 4}, lease=30) == []
    assert await claim_queued(engine, {"elsewhere": 4}, lease=30) == []


async def test_a_scheduled_row_is_not_claimed_before_its_time(engine: AsyncEngine) -> None:
    generation_id = await submit(engine, scheduled_at=datetime.now(UTC) + timedelta(hours=1))
    assert await claim_queued(engine, {"replicate": 4}, lease=30) == []
    row = await row_of(engine, generation_id)
    assert statuses(row) == ["pending"]
    assert row.due_at > row.created_at
