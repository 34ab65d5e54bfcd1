"""The sweep finds what is due by the rows alone."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.advance import collect_finished, try_again
from pipeline.callback import Callbacks
from pipeline.claim import claim_downloads, claim_queued
from pipeline.doorbell import Bell
from pipeline.outputs import download_later
from pipeline.statements import fetch, statement
from pipeline.sweep import bells_to_ring, promote_due, take_overdue
from tests.pipeline.test_callback import DONE
from tests.rows import row_of, statuses, submit

_AGE = statement("UPDATE image_generations SET due_at = now() - interval '1 second' RETURNING id")
_CAP = statement("UPDATE lanes SET cap = :cap RETURNING cap")


async def test_a_pending_row_is_queued_when_due_and_not_before(engine: AsyncEngine) -> None:
    generation_id = await submit(engine, scheduled_at=datetime.now(UTC) + timedelta(hours=1))
    assert await promote_due(engine) == []
    await fetch(engine, _AGE)
    assert [move.id for move in await promote_due(engine)] == [generation_id]
    row = await row_of(engine, generation_id)
    assert (statuses(row), row.due_at) == (["pending", "queued"], None)


async def test_bells_follow_the_rows(engine: AsyncEngine) -> None:
    assert await bells_to_ring(engine, "replicate") == []
    generation_id = await submit(engine)
    assert await bells_to_ring(engine, "replicate") == [Bell.START]
    await claim_queued(engine, {"replicate": 1}, lease=30)
    assert await bells_to_ring(engine, "replicate") == []
    await Callbacks(engine).commit(generation_id, 1, "p1", DONE, provider="replicate")
    assert await bells_to_ring(engine, "replicate") == [Bell.COLLECT]
    await collect_finished(engine, 5)
    assert await bells_to_ring(engine, "replicate") == [Bell.STORE]
    (row,) = await claim_downloads(engine, 5, lease=30)
    assert await bells_to_ring(engine, "replicate") == []
    await download_later(engine, row, delay=0)
    assert await bells_to_ring(engine, "replicate") == [Bell.STORE]


async def test_a_full_lane_is_not_rung_for(engine: AsyncEngine) -> None:
    await fetch(engine, _CAP, cap=1)
    await submit(engine)
    await submit(engine)
    await claim_queued(engine, {"replicate": 1}, lease=30)
    assert await bells_to_ring(engine, "replicate") == []


async def test_a_takeover_fences_the_old_worker_off(engine: AsyncEngine) -> None:
    generation_id = await submit(engine)
    (claimed,) = await claim_queued(engine, {"replicate": 1}, lease=30)
    assert await take_overdue(engine, "replicate", look=10, most=10) == []
    await fetch(engine, _AGE)
    (taken,) = await take_overdue(engine, "replicate", look=10, most=10)
    assert (taken.id, taken.fence) == (generation_id, claimed.fence + 1)
    assert await try_again(engine, claimed, "zombie", delay=0, unsold=True) == []
    assert len(await try_again(engine, taken, "lost", delay=0, unsold=False)) == 1
    assert statuses(await row_of(engine, generation_id)) == ["queued", "processing", "pending"]
