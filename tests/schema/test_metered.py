"""What comes by SQL is taken out of the same rate as what comes by HTTP: it waits for its token."""

import asyncio
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.claim import claim_queued
from pipeline.egress import Guard
from pipeline.incomplete import complete_incomplete
from pipeline.limits import set_limits
from pipeline.statements import execute, fetch, statement
from pipeline.sweep import meter_due, promote_due
from tests.rows import row_of, submit
from tests.schema.jobs import Psql, claim, complete, enqueue

RATE = 5
JOB = {"prompt": "a lighthouse", "user_id": "ada"}
FAIL = statement("UPDATE image_generations SET status = 'failed', due_at = NULL WHERE user_id = 'ada'")
INSERTED = "INSERT INTO image_generations (user_id, prompt) VALUES ('ada', 'p')"
QUEUED = """INSERT INTO job_queue (job_type, payload) VALUES ('generate-image', '{"prompt": "p", "user_id": "ada"}')"""


async def rate(engine: AsyncEngine, user_id: str = "ada", per_minute: int | None = RATE) -> None:
    """Limit somebody."""
    await set_limits(engine, user_id, in_flight=None, per_minute=per_minute, budget_usd=None, period="month")


async def bought(engine: AsyncEngine) -> int:
    """How many are bought by a round of the clock and a worker."""
    await meter_due(engine)
    await complete_incomplete(engine, Guard(), ["replicate"])
    await promote_due(engine)
    return len(await claim_queued(engine, {"replicate": 100}, 30))


async def later(engine: AsyncEngine, seconds: int) -> None:
    """Let time pass for the meters and for what waits."""
    await execute(engine, statement(f"UPDATE meters SET tokens_at = tokens_at - interval '{seconds} s'"))
    waiting = f"UPDATE image_generations SET due_at = due_at - interval '{seconds} s' WHERE status = 'pending'"
    await execute(engine, statement(waiting))


async def test_jobs_wait_for_their_tokens(engine: AsyncEngine, psql: Psql) -> None:
    await rate(engine)
    for _ in range(4):
        await enqueue(psql, JOB)
        await psql.execute(QUEUED)
        await psql.execute(INSERTED)
    assert await bought(engine) == RATE
    assert await bought(engine) == 0
    await later(engine, 25)
    assert await bought(engine) == 2
    for _ in range(5):
        await later(engine, 60)
        await bought(engine)
    assert await fetch(engine, statement("SELECT id FROM image_generations WHERE status <> 'processing'")) == []


async def test_resets_take_tokens(engine: AsyncEngine, psql: Psql) -> None:
    ids = [await submit(engine, user_id="ada") for _ in range(12)]
    await execute(engine, FAIL)
    await rate(engine)
    for one in ids[:4]:
        await psql.execute("UPDATE job_queue SET status = 'pending', attempt_number = 0 WHERE id = $1", one)
    for one in ids[4:8]:
        await psql.execute("UPDATE image_generations SET status = 'pending' WHERE id = $1", one)
    for one in ids[8:]:
        await enqueue(psql, {"generation_id": str(one)})
    assert await psql.fetchval("SELECT count(*) FROM job_queue WHERE status = 'pending'") == 12
    assert await bought(engine) == RATE
    assert await bought(engine) == 0


async def test_a_running_job_that_is_reset_takes_another(engine: AsyncEngine, psql: Psql) -> None:
    await rate(engine, per_minute=1)
    job = await enqueue(psql, JOB)
    assert await bought(engine) == 1
    await psql.execute("UPDATE job_queue SET status = 'pending' WHERE id = $1", job)
    assert await bought(engine) == 0


async def test_others_do_not_wait(engine: AsyncEngine, psql: Psql) -> None:
    await rate(engine)
    for _ in range(20):
        await enqueue(psql, JOB)
    free = await enqueue(psql, {"prompt": "p", "user_id": "bob"})
    again = await submit(engine, user_id="bob")
    await execute(
        engine, statement("UPDATE image_generations SET status = 'failed', due_at = NULL WHERE id = :id"), id=again
    )
    await psql.execute("UPDATE job_queue SET status = 'pending' WHERE id = $1", again)
    assert (await row_of(engine, again)).status == "queued", "without a rate it stands in line at once"
    await bought(engine)
    assert (await row_of(engine, free)).status == "processing"


async def test_two_clocks_take_no_token_twice(engine: AsyncEngine, psql: Psql) -> None:
    await rate(engine)
    for _ in range(40):
        await enqueue(psql, JOB)
    await asyncio.gather(*(meter_due(engine, most=7) for _ in range(10)))
    assert await bought(engine) == RATE


async def test_a_rate_that_is_taken_away_holds_nobody_up_for_longer_than_five_minutes(
    engine: AsyncEngine, psql: Psql
) -> None:
    await rate(engine, per_minute=1)
    for _ in range(30):
        await enqueue(psql, JOB)
    assert await bought(engine) == 1
    await rate(engine, per_minute=None)
    await later(engine, 300)
    assert await bought(engine) == 29


async def test_an_external_worker_gets_nothing_that_no_budget_pays(engine: AsyncEngine, psql: Psql) -> None:
    given: dict[str, Any] = {"price": {"picture": 0.25}, "estimated_cost": 0.25}
    dear, cheap = await submit(engine, user_id="ada", **given), await submit(engine, user_id="bob", **given)
    await submit(engine, user_id="eve")
    for who in ("ada", "eve"):
        await set_limits(engine, who, in_flight=None, per_minute=None, budget_usd=0, period="day")  # type: ignore[arg-type]
    job = await claim(psql)
    assert job is not None
    assert job["id"] == cheap
    assert await claim(psql) is None
    await complete(psql, cheap, error="no")
    assert (await row_of(engine, dear)).error_message.startswith("payment required: the user's budget of $0.00 a day")
    assert await psql.fetchval("SELECT count(*) FROM image_generations WHERE status = 'failed'") == 2
