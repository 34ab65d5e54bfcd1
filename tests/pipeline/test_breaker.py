"""The breaker and the rate of a lane: five failures open it, one goes ahead and tries, a success closes it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.breaker import note_failure, note_throttle
from pipeline.claim import claim_queued
from pipeline.doorbell import Bell
from pipeline.purchase import record_predictions
from pipeline.queue import read_queue
from pipeline.statements import fetch, statement
from pipeline.sweep import bells_to_ring
from tests.rows import submit

_LANE = statement("SELECT *, extract(epoch FROM open_until - clock_timestamp()) AS closed_for FROM lanes")
_PASS = statement("UPDATE lanes SET open_until = now() RETURNING failures")
_RATE = statement("UPDATE lanes SET creates_per_minute = :rate, tokens_at = now() RETURNING cap")
_ALLOW = statement("UPDATE lanes SET allowance = :allowance, opened_at = now() RETURNING cap")
_LATER = statement("UPDATE lanes SET tokens_at = tokens_at - interval '10 seconds' RETURNING cap")


async def lane(engine: AsyncEngine) -> Row[Any]:
    """The one lane as it stands."""
    (row,) = await fetch(engine, _LANE)
    return row


async def claim(engine: AsyncEngine, most: int = 10) -> Sequence[Row[Any]]:
    """Claim for half a minute."""
    return await claim_queued(engine, {"replicate": most}, lease=30)


async def fail(engine: AsyncEngine, times: int, begun: datetime | None = None) -> None:
    """So many purchases find the provider down."""
    for _ in range(times):
        await note_failure(engine, "replicate", begun or datetime.now(UTC), "the provider answered 502")


async def test_four_failures_leave_it_closed_and_the_fifth_opens_it(engine: AsyncEngine) -> None:
    await submit(engine)
    await fail(engine, 4)
    assert await bells_to_ring(engine, "replicate") == [Bell.START]
    await fail(engine, 1)
    assert 0 < (await lane(engine)).closed_for <= 1
    assert await claim(engine) == []
    assert await bells_to_ring(engine, "replicate") == []


async def test_those_that_fail_together_count_as_one_outage(engine: AsyncEngine) -> None:
    begun = datetime.now(UTC)
    await fail(engine, 60, begun)
    row = await lane(engine)
    assert (row.failures, row.closed_for <= 1) == (5, True)


async def test_half_open_one_goes_ahead_and_its_failure_keeps_it_open_longer(engine: AsyncEngine) -> None:
    for _ in range(3):
        await submit(engine)
    await fail(engine, 5)
    await fetch(engine, _PASS)
    (probe,) = await claim(engine)
    assert await claim(engine) == []  # the others wait for what becomes of it
    await fail(engine, 1, probe.attempt_at + timedelta(seconds=1))
    assert 1 < (await lane(engine)).closed_for <= 5


async def test_a_success_closes_it(engine: AsyncEngine) -> None:
    for _ in range(3):
        await submit(engine)
    await fail(engine, 5)
    await fetch(engine, _PASS)
    (probe,) = await claim(engine)
    assert probe.lane_in_trouble
    bought = {"id": probe.id, "attempt": 1, "prediction_id": "p1"}
    await record_predictions(engine, "replicate", [bought], look=10)
    row = await lane(engine)
    assert (row.failures, row.open_until, row.trouble) == (0, None, None)
    assert [one.lane_in_trouble for one in await claim(engine)] == [False, False]


async def test_throttling_holds_everybody_back_until_its_reset_and_says_why(engine: AsyncEngine) -> None:
    await submit(engine)
    await note_throttle(engine, "replicate", 20, "the provider answered 429")
    assert await claim(engine) == []
    row = await lane(engine)
    assert (row.failures, 19 < row.closed_for <= 20) == (0, True)
    (shown,) = (await read_queue(engine))["lanes"]
    assert (shown["state"], shown["trouble"]) == ("open", "the provider answered 429")
    assert shown["tries_again_at"] is not None


async def bought(engine: AsyncEngine, *rows: Row[Any]) -> None:
    """Purchases that the provider has taken."""
    told = [{"id": row.id, "attempt": row.attempt_number, "prediction_id": f"p{row.id}"} for row in rows]
    await record_predictions(engine, "replicate", told, look=10)


async def test_after_a_throttle_one_goes_first_and_then_twice_as_many(engine: AsyncEngine) -> None:
    for _ in range(8):
        await submit(engine)
    await note_throttle(engine, "replicate", 20, "the provider answered 429")
    await fetch(engine, _PASS)
    (first,) = await claim(engine)
    assert first.lane_in_trouble
    assert await claim(engine) == []  # the others wait for what becomes of it
    await bought(engine, first)
    row = await lane(engine)
    assert (row.allowance, row.open_until, row.trouble) == (2, None, None)
    second = await claim(engine)
    assert (len(second), await claim(engine)) == (2, [])
    # What is taken together says once that so many are taken.
    await bought(engine, second[0])
    await bought(engine, second[1])
    assert (await lane(engine)).allowance == 4
    await note_throttle(engine, "replicate", 20, "the provider answered 429")
    await fetch(engine, _PASS)
    assert len(await claim(engine)) == 1


async def test_what_was_taken_before_a_throttle_does_not_end_it(engine: AsyncEngine) -> None:
    for _ in range(3):
        await submit(engine)
    earlier = await claim(engine)
    await note_throttle(engine, "replicate", 20, "the provider answered 429")
    await bought(engine, *earlier)
    row = await lane(engine)
    assert (row.allowance, row.trouble, row.closed_for > 19) == (1, "the provider answered 429", True)
    await submit(engine)
    assert await claim(engine) == []


async def test_fewer_than_may_go_keep_nobody_waiting(engine: AsyncEngine) -> None:
    await fetch(engine, _ALLOW, allowance=4)
    for _ in range(3):
        await submit(engine)
        assert len(await claim(engine)) == 1


async def test_purchases_keep_to_the_rate(engine: AsyncEngine) -> None:
    for _ in range(30):
        await submit(engine)
    await fetch(engine, _RATE, rate=60)
    assert await claim(engine) == []  # an empty bucket
    await fetch(engine, _LATER)  # nine more in ten seconds, and the bucket holds six
    assert len(await claim(engine, 64)) == 6
    assert await claim(engine) == []
    await fetch(engine, _LATER)
    assert len(await claim(engine, 4)) == 4
    assert len(await claim(engine, 64)) == 2
