"""An external worker: what it is handed, what it may do with it, and what becomes of what it drops."""

import asyncio

import asyncpg
import orjson
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.cancel import cancel
from pipeline.claim import claim_downloads, claim_queued
from pipeline.ids import new_id
from pipeline.notices import CHANNEL
from pipeline.retry import retry
from pipeline.statements import fetch, statement
from pipeline.sweep import promote_due, take_back, take_overdue
from tests.rows import row_of, statuses, submit
from tests.schema.jobs import Psql, claim, complete

URL = "https://pictures.example/1.png"
_LEASE_ENDED = statement("UPDATE image_generations SET due_at = now() WHERE status = 'processing' RETURNING id")


async def test_an_external_worker_has_the_best_job_and_the_pipeline_leaves_it_alone(
    engine: AsyncEngine, psql: Psql
) -> None:
    await submit(engine)
    best = await submit(engine, priority=5)
    heard = asyncio.Queue[str]()
    await psql.add_listener(CHANNEL, lambda *notification: heard.put_nowait(str(notification[-1])))
    job = await claim(psql)
    assert job is not None
    assert (job["id"], job["job_type"], job["attempt_number"], job["max_attempts"]) == (best, "generate-image", 1, 3)
    assert orjson.loads(job["payload"])["prompt"] == "a lighthouse at dusk"
    assert orjson.loads(await asyncio.wait_for(heard.get(), 5)) == [[str(best), 2, "somebody", None]]
    row = await row_of(engine, best)
    assert (statuses(row), row.provider, row.timeline[-1]["provider"]) == (
        ["queued", "processing"],
        "external",
        "external",
    )
    assert 899 < (row.due_at - row.attempt_at).total_seconds() <= 900.1
    # Neither claim, nor watcher, nor sweep, not even after the lease of a worker of ours.
    assert best not in {one.id for one in await claim_queued(engine, {"replicate": 10}, lease=30)}
    assert await take_overdue(engine, "replicate", 10, 100) == []
    assert await take_back(engine) == []


async def test_two_workers_never_have_the_same_job(engine: AsyncEngine, psql: Psql, database_url: str) -> None:
    first, second = await submit(engine), await submit(engine)
    other = await asyncpg.connect(database_url)
    async with psql.transaction():
        one = await claim(psql)
        two = await asyncio.wait_for(claim(other), 5)
        assert await asyncio.wait_for(claim(other), 5) is None
    assert one is not None
    assert two is not None
    assert {one["id"], two["id"]} == {first, second}
    await other.close()


async def test_what_was_bought_already_is_never_handed_out(engine: AsyncEngine, psql: Psql) -> None:
    generation_id = await submit(engine)
    await psql.execute("UPDATE image_generations SET replicate_prediction_id = 'p1'")
    assert await claim(psql) is None
    assert (await row_of(engine, generation_id)).status == "queued"


async def test_its_outputs_go_to_the_store(engine: AsyncEngine, psql: Psql) -> None:
    generation_id = await submit(engine)
    await claim(psql)
    with pytest.raises(asyncpg.PostgresError, match="p_result: must name the picture"):
        await complete(psql, generation_id)
    with pytest.raises(asyncpg.PostgresError, match="every output must be an http or https address"):
        await complete(psql, generation_id, {"output_url": "file:///etc/passwd"})
    await complete(psql, generation_id, {"output_url": URL, "generation_time_seconds": 2.5})
    await complete(psql, generation_id, {"output_url": URL})
    row = await row_of(engine, generation_id)
    assert statuses(row) == ["queued", "processing", "downloading"]
    assert row.generation_time_seconds == 2.5
    (claimed,) = await claim_downloads(engine, 10, lease=30)
    assert (claimed.id, claimed.output, claimed.from_outside) == (generation_id, [URL], True)


async def test_its_error_waits_again_for_the_provider_until_no_attempt_is_left(engine: AsyncEngine, psql: Psql) -> None:
    generation_id = await submit(engine, max_attempts=2)
    await claim(psql)
    await complete(psql, generation_id, error="out of memory")
    row = await row_of(engine, generation_id)
    assert (row.status, row.error_message, row.provider, row.outside_of) == (
        "pending",
        "out of memory",
        "replicate",
        None,
    )
    await promote_due(engine)
    await claim(psql)
    await complete(psql, generation_id, error="out of memory again")
    (job,) = await psql.fetch("SELECT status, error_message, attempt_number FROM job_queue")
    assert tuple(job) == ("failed", "out of memory again", 2)
    assert await retry(engine, generation_id)
    assert [one.id for one in await claim_queued(engine, {"replicate": 10}, lease=30)] == [generation_id]


async def test_an_unknown_job_and_one_that_it_does_not_hold_are_refused(engine: AsyncEngine, psql: Psql) -> None:
    nobody = new_id()
    with pytest.raises(asyncpg.PostgresError, match=f"Job not found: {nobody}"):
        await complete(psql, nobody, error="x")
    ours = await submit(engine)
    await claim_queued(engine, {"replicate": 1}, lease=30)
    for given in ({"result": {"output_url": URL}}, {"error": "x"}):
        with pytest.raises(
            asyncpg.PostgresError, match=r"is not held by an external worker \(any more\): it is processing"
        ):
            await complete(psql, ours, **given)


async def test_a_worker_that_died_loses_the_job_with_its_lease(engine: AsyncEngine, psql: Psql) -> None:
    generation_id = await submit(engine, max_attempts=2)
    await claim(psql)
    await fetch(engine, _LEASE_ENDED)
    assert [move.id for move in await take_back(engine)] == [generation_id]
    with pytest.raises(asyncpg.PostgresError, match="it is pending"):
        await complete(psql, generation_id, {"output_url": URL})
    await promote_due(engine)
    job = await claim(psql)
    assert job is not None
    assert job["attempt_number"] == 2
    # The first worker wakes up: what it says of its own attempt is nothing to the second's.
    with pytest.raises(asyncpg.PostgresError, match="attempt 1 is over"):
        await complete(psql, generation_id, {"attempt_number": 1}, error="timeout")
    await fetch(engine, _LEASE_ENDED)
    await take_back(engine)
    row = await row_of(engine, generation_id)
    assert (row.status, row.error_message) == ("failed", "its external worker did not come back within its lease")


async def test_a_job_called_off_while_it_is_outside_leaves_no_clock(engine: AsyncEngine, psql: Psql) -> None:
    generation_id = await submit(engine)
    await claim(psql)
    assert await cancel(engine, generation_id)
    assert (await row_of(engine, generation_id)).due_at is None
    with pytest.raises(asyncpg.PostgresError, match="it is cancelled"):
        await complete(psql, generation_id, {"output_url": URL})
    assert await retry(engine, generation_id)
    row = await row_of(engine, generation_id)
    assert (row.status, row.provider, row.outside_of) == ("queued", "replicate", None)
