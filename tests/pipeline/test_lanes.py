"""Lanes of models: a cap, a rate and a pause of their own, inside their provider's; none of it leaks or starves."""

import asyncio
from collections import Counter

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.claim import claim_queued
from pipeline.doorbell import Bell
from pipeline.errors import Invalid
from pipeline.lanes import list_lanes, pause_lane, remove_lane, set_lane
from pipeline.queue import read_queue
from pipeline.statements import execute, fetch, statement
from pipeline.sweep import bells_to_ring
from tests.rows import row_of, submit

DEV, SCHNELL = "black-forest-labs/flux-dev", "black-forest-labs/flux-schnell"
LEASE = 30.0

_CAP = statement("UPDATE lanes SET cap = :cap WHERE model_id = '' RETURNING cap")
_END = statement(
    "UPDATE image_generations SET status = 'failed', due_at = NULL WHERE status = 'processing' RETURNING id"
)
_LATER = statement("UPDATE lanes SET tokens_at = tokens_at - interval '10 seconds' RETURNING cap")


async def queue(engine: AsyncEngine, model_id: str, number: int, *, user_id: str = "a", priority: int = 0) -> None:
    """So many waiting for a model."""
    for _ in range(number):
        await submit(engine, model_id=model_id, user_id=user_id, priority=priority)


async def claimed(engine: AsyncEngine, most: int = 64) -> Counter[str]:
    """How many of each model the next claim takes."""
    return Counter(row.model_id for row in await claim_queued(engine, {"replicate": most}, LEASE))


async def test_a_models_cap_counts_inside_its_providers(engine: AsyncEngine) -> None:
    await set_lane(engine, "replicate", DEV, 3, None)
    await queue(engine, DEV, 10)
    await queue(engine, SCHNELL, 10)
    assert await claimed(engine) == {DEV: 3, SCHNELL: 10}
    shown = {lane["lane"]: lane["in_flight"] for lane in (await read_queue(engine))["lanes"]}
    assert shown == {"replicate": 13, f"replicate {DEV}": 3}
    await fetch(engine, _CAP, cap=14)
    await queue(engine, SCHNELL, 10)
    assert await claimed(engine) == {SCHNELL: 1}, "one place is left at the provider, and none in the model's lane"


async def test_what_waits_moves_into_a_new_lane_and_back_when_it_goes(engine: AsyncEngine) -> None:
    await queue(engine, DEV, 5)
    await set_lane(engine, "replicate", DEV, 0, None)
    await queue(engine, DEV, 5)
    assert await claimed(engine) == {}
    assert {row.model_id: row.queued for row in await list_lanes(engine)} == {"": 0, DEV: 10}
    await remove_lane(engine, "replicate", DEV)
    assert await claimed(engine) == {DEV: 10}


async def test_a_row_that_comes_while_its_lane_is_removed_is_taken_along(engine: AsyncEngine) -> None:
    await set_lane(engine, "replicate", DEV, 5, None)
    async with engine.connect() as slow:
        await slow.execution_options(isolation_level="READ COMMITTED")
        async with slow.begin():
            sql = f"""INSERT INTO image_generations (id, prompt, model, model_id, status)
                      VALUES (gen_random_uuid(), 'p', '{DEV}', '{DEV}', 'queued')"""
            await slow.execute(statement(sql))
            removing = asyncio.create_task(remove_lane(engine, "replicate", DEV))
            waiting = statement(
                "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'DELETE FROM l%'"
            )
            async with asyncio.timeout(10):
                while not await fetch(engine, waiting):
                    continue
        await removing
    assert await claimed(engine) == {DEV: 1}


async def test_a_lane_that_somebody_deletes_by_hand_strands_nobody(engine: AsyncEngine) -> None:
    await set_lane(engine, "replicate", DEV, 0, None)
    await queue(engine, DEV, 3)
    await execute(engine, statement("DELETE FROM lanes WHERE model_id <> ''"))
    assert await claimed(engine) == {DEV: 3}


async def test_a_paused_lane_keeps_nobody_else_waiting_and_goes_on_when_it_is_resumed(engine: AsyncEngine) -> None:
    await set_lane(engine, "replicate", DEV, 5, None)
    await pause_lane(engine, "replicate", DEV, paused=True)
    await queue(engine, DEV, 5, priority=50)
    assert Bell.START not in await bells_to_ring(engine, "replicate"), "nobody who waits could be claimed"
    await queue(engine, SCHNELL, 2)
    assert Bell.START in await bells_to_ring(engine, "replicate")
    assert await claimed(engine) == {SCHNELL: 2}
    await pause_lane(engine, "replicate", DEV, paused=False)
    assert Bell.START in await bells_to_ring(engine, "replicate")
    assert await claimed(engine) == {DEV: 5}


async def test_a_paused_provider_gives_nothing_of_any_lane(engine: AsyncEngine) -> None:
    await set_lane(engine, "replicate", DEV, 5, None)
    await queue(engine, DEV, 5)
    await pause_lane(engine, "replicate", "", paused=True)
    assert await claimed(engine) == {}
    lanes = {lane["lane"]: lane["state"] for lane in (await read_queue(engine))["lanes"]}
    assert lanes == {"replicate": "paused", f"replicate {DEV}": "closed"}


async def test_a_models_rate_holds_for_it_alone(engine: AsyncEngine) -> None:
    await set_lane(engine, "replicate", DEV, 50, 60)
    await queue(engine, DEV, 20)
    await queue(engine, SCHNELL, 20)
    assert await claimed(engine) == {DEV: 1, SCHNELL: 20}
    assert await claimed(engine) == {}
    await fetch(engine, _LATER)
    assert await claimed(engine) == {DEV: 6}, "a tenth of a minute's, however long nobody asked"


async def test_lanes_take_turns_inside_a_priority(engine: AsyncEngine) -> None:
    await set_lane(engine, "replicate", DEV, 50, None)
    await queue(engine, DEV, 40)
    await queue(engine, SCHNELL, 4, user_id="b")
    served = Counter[str]()
    for _ in range(8):
        served += await claimed(engine, 1)
        await fetch(engine, _END)
    assert served == {DEV: 4, SCHNELL: 4}


async def test_a_higher_priority_goes_first_in_whatever_lane(engine: AsyncEngine) -> None:
    await set_lane(engine, "replicate", DEV, 50, None)
    await queue(engine, SCHNELL, 5)
    await queue(engine, DEV, 2, priority=1)
    assert await claimed(engine, 2) == {DEV: 2}


async def test_twenty_claimers_never_pass_a_models_cap(engine: AsyncEngine) -> None:
    await set_lane(engine, "replicate", DEV, 7, None)
    await queue(engine, DEV, 30)
    claims = await asyncio.gather(*(claim_queued(engine, {"replicate": 4}, LEASE) for _ in range(20)))
    ids = [row.id for claim in claims for row in claim]
    assert len(ids) == len(set(ids)) == 7
    assert (await row_of(engine, ids[0])).lane == DEV


@pytest.mark.parametrize(
    ("provider", "model_id", "cap", "rate", "field"),
    [
        ("replicate", "", 3, None, "model"),
        ("replicate", DEV, -1, None, "cap"),
        ("replicate", DEV, 3, 0, "per-minute"),
        ("nowhere", DEV, 3, None, "lane"),
    ],
)
async def test_what_is_no_lane_is_refused(
    engine: AsyncEngine, provider: str, model_id: str, cap: int, rate: int | None, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await set_lane(engine, provider, model_id, cap, rate)
    assert refused.value.field == field
    assert len(await list_lanes(engine)) == 1


async def test_a_lane_that_is_not_there_is_named_beside_those_that_are(engine: AsyncEngine) -> None:
    for refused in (
        pause_lane(engine, "replicate", DEV, paused=True),
        remove_lane(engine, "replicate", DEV),
    ):
        with pytest.raises(Invalid, match=f"no lane 'replicate {DEV}'; there are: replicate"):
            await refused
    with pytest.raises(Invalid, match="stays"):
        await remove_lane(engine, "replicate", "")
