"""What the old guide prints runs as it is printed, and gives what the guide says."""

import asyncio
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.claim import claim_queued
from pipeline.outputs import finish
from pipeline.statements import fetch, statement
from pipeline.sweep import take_back
from tests.pipeline.lifecycle_world import picture
from tests.rows import row_of, statuses, submit
from tests.schema.jobs import Psql
from tests.schema.old_guide import step

_DONE = statement("""
    UPDATE image_generations SET status = 'downloading', due_at = now(), prediction = '{"status": "succeeded"}'
    WHERE id = :id RETURNING id, fence
""")
_AGE = statement("""
    UPDATE image_generations SET updated_at = updated_at - CAST(CAST(:age AS text) AS interval),
      completed_at = completed_at - CAST(CAST(:age AS text) AS interval) WHERE id = :id RETURNING id
""")
_FAIL = statement("""
    UPDATE image_generations SET status = 'failed', error_message = 'no such model', completed_at = now(), due_at = NULL
    WHERE id = :id RETURNING id
""")


async def completed(engine: AsyncEngine, age: str = "0") -> UUID:
    """A generation with its picture, completed so long ago."""
    generation_id = await submit(engine)
    await claim_queued(engine, {"replicate": 1}, lease=30)
    (row,) = await fetch(engine, _DONE, id=generation_id)
    await finish(engine, [{"id": row.id, "fence": row.fence, "pictures": [picture()]}])
    await fetch(engine, _AGE, id=generation_id, age=age)
    return generation_id


async def failed(engine: AsyncEngine) -> UUID:
    """A generation that has failed."""
    generation_id = await submit(engine)
    await fetch(engine, _FAIL, id=generation_id)
    return generation_id


async def processing(engine: AsyncEngine, age: str = "0") -> UUID:
    """A generation that was claimed so long ago."""
    generation_id = await submit(engine)
    await claim_queued(engine, {"replicate": 10}, lease=30)
    await fetch(engine, _AGE, id=generation_id, age=age)
    return generation_id


async def pictures(psql: Psql) -> int:
    """How many there are."""
    count: int = await psql.fetchval("SELECT count(*) FROM images")
    return count


async def test_its_looks_show_what_waits_what_is_done_and_what_failed(engine: AsyncEngine, psql: Psql) -> None:
    done, broken = await completed(engine), await failed(engine)
    waiting = await submit(engine)
    assert [row["id"] for row in await psql.fetch(step("4.3-pending"))] == [waiting]
    (row,) = await psql.fetch(step("4.3-completed"))
    assert (row["id"], row["job_type"], row["status"], row["error_message"]) == (
        done,
        "generate-image",
        "completed",
        None,
    )
    (row,) = await psql.fetch(step("4.3-failed"))
    assert tuple(row) == (broken, "generate-image", "no such model", 0)
    recent = await psql.fetch(step("4.4-recent"))
    assert {row["id"]: row["status"] for row in recent} == {done: "completed", broken: "failed", waiting: "queued"}
    (row,) = await psql.fetch(step("4.4-one").replace("YOUR_GENERATION_ID", str(done)))
    assert row["prompt"] == "a lighthouse at dusk"


async def test_a_called_off_generation_is_a_failed_job(engine: AsyncEngine, psql: Psql) -> None:
    called_off = await submit(engine)
    await psql.execute("UPDATE image_generations SET status = 'cancelled'")
    (row,) = await psql.fetch(step("4.3-failed"))
    assert (row["id"], row["error_message"]) == (called_off, "Cancelled by user")


async def test_its_health_view_replaces_ours_and_says_the_same(engine: AsyncEngine, psql: Psql) -> None:
    await completed(engine)
    await failed(engine)
    await processing(engine)
    await submit(engine)
    (ours,) = await psql.fetch(step("5.1-look"))
    await psql.execute(step("5.1-queue_health"))
    (theirs,) = await psql.fetch(step("5.1-look"))
    assert dict(ours) == dict(theirs)
    assert tuple(ours)[:4] == (1, 1, 1, 1)
    assert ours["avg_processing_time_seconds"] > 0


async def test_its_alerts_count_depth_stuck_jobs_and_errors(engine: AsyncEngine, psql: Psql) -> None:
    await processing(engine)
    assert await psql.fetchval(step("5.2-stuck")) == 0
    stuck = await processing(engine, "16 minutes")
    assert await psql.fetchval(step("5.2-stuck")) == 1
    assert [row["id"] for row in await psql.fetch("SELECT id FROM stuck_jobs")] == [stuck]
    broken = await failed(engine)
    await submit(engine)
    assert await psql.fetchval(step("5.2-depth")) == 1
    assert await psql.fetchval(step("5.2-errors")) == 25
    assert [tuple(row) for row in await psql.fetch(step("trouble-errors"))] == [("no such model", 1)]
    assert [row["id"] for row in await psql.fetch("SELECT id FROM failed_jobs_recent")] == [broken]


async def test_its_fix_of_a_stuck_job_is_a_transition(engine: AsyncEngine, psql: Psql) -> None:
    stuck, fresh = await processing(engine, "16 minutes"), await processing(engine)
    before = await row_of(engine, stuck)
    assert [row["id"] for row in await psql.fetch(step("trouble-stuck"))] == [stuck]
    assert await psql.execute(step("trouble-reset")) == "UPDATE 1"
    row = await row_of(engine, stuck)
    assert statuses(row) == ["queued", "processing", "pending"]
    assert (row.version, row.due_at is not None, row.fence > before.fence) == (3, True, True)
    (job,) = await psql.fetch("SELECT status, attempt_number FROM job_queue WHERE id = $1", stuck)
    assert tuple(job) == ("pending", 0)
    assert (await row_of(engine, fresh)).status == "processing"


async def test_a_job_that_completes_under_the_fix_is_passed_by(
    engine: AsyncEngine, psql: Psql, database_url: str
) -> None:
    stuck = await processing(engine, "16 minutes")
    pipeline = await asyncpg.connect(database_url, server_settings={"darkroom.app": "on"})
    async with pipeline.transaction():
        await pipeline.execute("UPDATE image_generations SET status = 'completed', due_at = NULL")
        fix = asyncio.create_task(psql.execute(step("trouble-reset")))
        while not await pipeline.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
            continue
    assert await fix == "UPDATE 0"
    assert (await row_of(engine, stuck)).status == "completed"
    await pipeline.close()


async def test_its_cleanup_hides_jobs_and_keeps_generations_and_pictures(engine: AsyncEngine, psql: Psql) -> None:
    old, new = await completed(engine, "8 days"), await completed(engine, "6 days")
    assert await psql.execute(step("cleanup-delete")) == "DELETE 1"
    assert [row["id"] for row in await psql.fetch("SELECT id FROM job_queue")] == [new]
    assert (await row_of(engine, old)).status == "completed"
    assert await pictures(psql) == 2


async def test_its_archive_keeps_the_jobs_and_hides_them(engine: AsyncEngine, psql: Psql) -> None:
    old, new = await completed(engine, "31 days"), await completed(engine, "6 days")
    await psql.execute(step("cleanup-archive"))
    assert [row["id"] for row in await psql.fetch("SELECT * FROM job_queue_archive")] == [old]
    assert await psql.execute(step("cleanup-archived")) == "DELETE 1"
    assert [row["id"] for row in await psql.fetch("SELECT id FROM job_queue")] == [new]
    assert await pictures(psql) == 2


async def test_its_table_is_there_already_and_has_its_columns(engine: AsyncEngine, psql: Psql) -> None:
    columns = "SELECT attname, atttypid::regtype::text FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0"
    await psql.execute(step("1.2-table"))
    ours = await psql.fetch(f"{columns} ORDER BY attnum", "job_queue")
    await psql.execute("CREATE SCHEMA old")
    await psql.execute(step("1.2-table").replace("job_queue (", "old.job_queue ("))
    assert ours == await psql.fetch(f"{columns} ORDER BY attnum", "old.job_queue")
    with pytest.raises(asyncpg.WrongObjectTypeError):
        await psql.execute(step("1.2-index"))


async def test_its_enqueue_job_may_replace_ours(engine: AsyncEngine, psql: Psql) -> None:
    await psql.execute(step("1.3-enqueue_job"))
    job = await psql.fetchval("""SELECT enqueue_job('generate-image', '{"prompt": "a storm"}', 5)""")
    row = await row_of(engine, job)
    assert (row.prompt, row.priority, row.status) == ("a storm", 5, "pending")


async def test_its_complete_job_cannot_write_a_status_past_the_pipeline(engine: AsyncEngine, psql: Psql) -> None:
    job = await processing(engine)
    await psql.execute(step("1.3-complete_job"))
    with pytest.raises(asyncpg.InvalidParameterValueError, match=r"job_queue\.status: only pending"):
        await psql.execute("SELECT complete_job($1, $2)", job, '{"output_url": "https://x.example/1.png"}')
    assert (await row_of(engine, job)).status == "processing"
    assert await take_back(engine) == []


async def test_why_its_claim_and_its_check_are_left_out(engine: AsyncEngine, psql: Psql) -> None:
    await submit(engine)
    await psql.execute(step("1.3-claim_next_job"))
    with pytest.raises(asyncpg.AmbiguousColumnError):
        await psql.execute("SELECT * FROM claim_next_job()")
    await psql.execute(step("1.4-drop"))
    await psql.execute(step("1.4-add"))
    with pytest.raises(asyncpg.CheckViolationError):
        await psql.execute("UPDATE image_generations SET status = 'cancelled'")
