"""Jobs by SQL: what is refused, what is read out of them, and what may be written to job_queue."""

import re
from typing import Any

import asyncpg
import orjson
import pytest
from annotated_types import Ge, Le, Lt, MaxLen, MinLen
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline import incomplete
from pipeline.cancel import cancel
from pipeline.claim import claim_queued
from pipeline.egress import Guard
from pipeline.incomplete import complete_incomplete
from pipeline.retry import retry
from pipeline.statements import statement
from pipeline.submission import submission_of
from pipeline.sweep import promote_due
from schema.migrations.migrate import statements
from schema.wire.http import StartGenerationRequest
from tests.rows import row_of, statuses, submit
from tests.schema.jobs import Psql, enqueue

URL = "https://pictures.example/1.png"
_LEASE_ENDED = statement("UPDATE image_generations SET due_at = now() WHERE status = 'processing' RETURNING id")


BROKEN: dict[str, dict[str, Any]] = {
    "payload.prompt: is missing": {"width": 512},
    "payload.prompt: must have 1 to 4000 characters": {"prompt": "x" * 4001},
    "payload.prompt: must be not blank": {"prompt": "  "},
    "payload.prompt: must be a text": {"prompt": 7},
    "payload.width: must be 64 to 4096": {"prompt": "p", "width": 5000},
    "payload.width: must be a whole number": {"prompt": "p", "width": 512.5},
    "payload.width: must be a number": {"prompt": "p", "width": "512"},
    "payload.guidance_scale: must be 0 to 50": {"prompt": "p", "guidance_scale": 51},
    "payload.seed: must be 0 to 9007199254740991": {"prompt": "p", "seed": -1},
    "payload.model_id: must be owner/name": {"prompt": "p", "model_id": "flux"},
    "payload.model_version: must be 64 hexadecimal digits": {"prompt": "p", "model_version": "g" * 64},
    "payload.user_id: must be a user's: * and + stand for users in limits": {"prompt": "p", "user_id": "+"},
    "payload.num_outputs: must be 1 to 4": {"prompt": "p", "num_outputs": 5},
    "payload.source_image_url: must be an http or https address": {"prompt": "p", "source_image_url": "file:///etc"},
    "payload.metadata: must be a JSON object": {"prompt": "p", "metadata": [1]},
    "payload.metadata: must be at most 4096 bytes": {"prompt": "p", "metadata": {"a": "x" * 5000}},
    "payload: must be at most 262144 bytes": {"prompt": "p", "more": "x" * 263_000},
    "payload.generation_id: must be a UUID": {"generation_id": "7" * 36},
    "payload.generation_id: there is no generation": {"generation_id": "00000000-0000-4000-8000-000000000000"},
}


@pytest.mark.parametrize("message", BROKEN)
async def test_a_job_past_a_limit_is_refused_by_its_field(engine: AsyncEngine, psql: Psql, message: str) -> None:
    with pytest.raises(asyncpg.PostgresError, match=re.escape(message)):
        await enqueue(psql, BROKEN[message])
    assert await psql.fetchval("SELECT count(*) FROM image_generations") == 0


@pytest.mark.parametrize(
    ("job_type", "more", "message"),
    [
        ("send-mail", (), "job_type: 'send-mail' is not known"),
        ("generate-image", (101,), "priority: must be -100 to 100"),
        ("generate-image", (0, 11), "max_attempts: must be 1 to 10"),
    ],
)
async def test_an_unknown_type_and_numbers_past_their_limits_are_refused(
    engine: AsyncEngine, psql: Psql, job_type: str, more: tuple[int, ...], message: str
) -> None:
    with pytest.raises(asyncpg.InvalidParameterValueError, match=message):
        await enqueue(psql, {"prompt": "p"}, job_type, *more)


def test_the_limits_are_those_of_the_door() -> None:
    """Each number that pydantic holds a field to stands in its line of the function."""
    lines = dict(re.findall(r"^    \('(\w+)', '\w+', (.*)", statements("check_job"), re.MULTILINE))
    for name, field in StartGenerationRequest.model_fields.items():
        numbers = [getattr(one, slot) for one in _limits(field) for slot in ("ge", "le", "min_length", "max_length")
                   if hasattr(one, slot) and getattr(one, slot) is not None]  # fmt: skip
        numbers += [int(str(one.lt)) - 1 for one in _limits(field) if isinstance(one, Lt)]
        if name in ("priority", "max_attempts"):
            assert f"{name} NOT BETWEEN {int(numbers[0])} AND {int(numbers[1])}" in statements("check_job")
        elif name not in ("scheduled_at", "deadline"):
            assert all(str(int(number)) in lines[name] for number in numbers), name


def _limits(field: Any) -> list[Any]:
    given = [*field.metadata]
    for inner in getattr(field.annotation, "__args__", ()):
        for one in getattr(inner, "__metadata__", ()):
            given += getattr(one, "metadata", [one])
    return [one for one in given if isinstance(one, Ge | Le | Lt | MaxLen | MinLen)]


def test_every_column_that_a_door_works_out_is_worked_out_here_too() -> None:
    """One that is added to a submission is either in the row already, or has to be filled in by the clock."""
    as_given = {"id", "user_id", "prompt", "negative_prompt", "priority"}
    as_given |= {"max_attempts", "deadline", "scheduled_at", "webhook_url", "metadata"}
    made = submission_of(StartGenerationRequest(prompt="p"), "somebody", Guard(), ["replicate"])
    assert set(made) - as_given == {*incomplete._FOUND, "stops"}


async def test_a_job_is_read_as_the_old_door_would(engine: AsyncEngine, psql: Psql) -> None:
    payload = {"prompt": "a storm", "width": 512, "height": 512, "num_inference_steps": 30, "user_id": "u", "mine": 1}
    job = await enqueue(psql, payload, "generate-image", 7, 2)
    row = await row_of(engine, job)
    assert (row.status, row.input, row.priority, row.max_attempts, row.user_id) == ("pending", None, 7, 2, "u")
    assert await promote_due(engine) == []
    assert [move.id for move in await complete_incomplete(engine, Guard(), ["replicate"])] == [job]
    row = await row_of(engine, job)
    assert statuses(row) == ["pending", "queued"]
    # What the model does not take so far is brought within its limits, as ever.
    assert (row.input["num_inference_steps"], row.steps, row.seed) == (4, 4, row.input["seed"])
    assert row.estimated_cost is not None
    shown = orjson.loads(await psql.fetchval("SELECT payload FROM job_queue"))
    assert (
        shown.items() >= {"generation_id": str(job), "prompt": "a storm", "mine": 1, "num_inference_steps": 4}.items()
    )


async def test_a_job_may_name_a_version_behind_its_model_and_a_ratio(engine: AsyncEngine, psql: Psql) -> None:
    version = "a" * 64
    other = await enqueue(psql, {"prompt": "p", "model_id": f"somebody/some-model:{version}", "aspect_ratio": "4:5"})
    known = await enqueue(psql, {"prompt": "p", "aspect_ratio": "16:9"})
    await complete_incomplete(engine, Guard(), ["replicate"])
    row = await row_of(engine, other)
    assert (row.status, row.model, row.model_id, row.model_version) == ("queued", *["somebody/some-model"] * 2, version)
    assert row.input == {"prompt": "p", "aspect_ratio": "4:5", "seed": row.seed}
    row = await row_of(engine, known)
    assert (row.input["aspect_ratio"], row.width, row.height) == ("16:9", 1368, 768)
    for broken in ({"model_id": "a/b:latest"}, {"aspect_ratio": "wide"}):
        (name,) = broken
        with pytest.raises(asyncpg.InvalidParameterValueError, match=f"payload.{name}: must"):
            await enqueue(psql, {"prompt": "p", **broken})
    twice = await enqueue(psql, {"prompt": "p", "model_id": f"o/n:{version}", "model_version": "b" * 64})
    await complete_incomplete(engine, Guard(), ["replicate"])
    assert (await row_of(engine, twice)).error_message.startswith("model_version: is another one")


async def test_what_no_model_can_develop_fails_with_the_reason(engine: AsyncEngine, psql: Psql) -> None:
    unknown = await enqueue(psql, {"prompt": "p", "model_id": "no/such"})
    local = await enqueue(
        psql, {"prompt": "p", "model_id": "stability-ai/sdxl", "source_image_url": "https://127.0.0.1/a.png"}
    )
    await complete_incomplete(engine, Guard(), ["replicate"])
    row = await row_of(engine, unknown)
    assert (row.status, row.due_at) == ("failed", None)
    assert row.error_message.startswith("model_id: 'no/such' is not in the catalogue")
    assert (await row_of(engine, local)).error_message == "source_image_url: 127.0.0.1 is not on the public internet"
    # Tried again it is read again, and never claimed unread.
    assert await retry(engine, unknown)
    assert (await row_of(engine, unknown)).status == "pending"
    await psql.execute("UPDATE job_queue SET status = 'pending', attempt_number = 0 WHERE id = $1", local)
    assert (await row_of(engine, local)).status == "pending"
    assert await claim_queued(engine, {"replicate": 10}, lease=30) == []


async def test_a_generation_inserted_by_hand_is_read_too(engine: AsyncEngine, psql: Psql) -> None:
    made = await psql.fetchval(
        "INSERT INTO image_generations (prompt, status) VALUES ('a storm', 'queued') RETURNING id"
    )
    assert (await row_of(engine, made)).status == "pending"
    job = await enqueue(psql, {"generation_id": str(made)}, "process-generation", 9)
    assert job == made
    await complete_incomplete(engine, Guard(), ["replicate"])
    row = await row_of(engine, made)
    assert (row.status, row.priority, row.model_id) == ("queued", 9, "black-forest-labs/flux-schnell")
    assert row.input["prompt"] == "a storm"


async def test_a_job_for_a_failed_generation_tries_it_again_and_for_a_completed_one_is_refused(
    engine: AsyncEngine, psql: Psql
) -> None:
    generation_id = await submit(engine)
    await psql.execute("UPDATE image_generations SET status = 'failed'")
    assert await enqueue(psql, {"generation_id": str(generation_id)}) == generation_id
    assert statuses(await row_of(engine, generation_id)) == ["queued", "failed", "queued"]
    await psql.execute("UPDATE image_generations SET status = 'completed'")
    with pytest.raises(asyncpg.PostgresError, match="is completed already"):
        await enqueue(psql, {"generation_id": str(generation_id)})


async def test_many_jobs_are_read_in_one_round(engine: AsyncEngine, psql: Psql) -> None:
    storms = "jsonb_build_object('prompt', 'storm ' || n)"
    await psql.execute(f"SELECT enqueue_job('generate-image', {storms}) FROM generate_series(1, 1100) AS n")
    assert len(await complete_incomplete(engine, Guard(), ["replicate"])) == 1100


async def test_an_insert_enqueues_and_says_what_it_made(engine: AsyncEngine, psql: Psql) -> None:
    sql = """INSERT INTO job_queue (job_type, payload) VALUES ('generate-image', '{"prompt": "p"}') RETURNING *"""
    job = await psql.fetchrow(sql)
    assert job is not None
    assert (job["status"], job["priority"], job["attempt_number"], job["max_attempts"]) == ("pending", 0, 0, 3)
    assert (await row_of(engine, job["id"])).prompt == "p"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("status = 'completed'", "only pending may be written, not 'completed'"),
        ("attempt_number = 2", "only 0 may be written"),
        ("result = '{}'", "is read from the pictures"),
        ("error_message = 'x'", "only NULL may be written"),
        ("payload = '{}'", "stay as they are"),
        ("priority = 101", "must be -100 to 100"),
        ("max_attempts = 0", "must be 1 to 10"),
    ],
)
async def test_what_is_no_reset_is_refused(engine: AsyncEngine, psql: Psql, change: str, message: str) -> None:
    generation_id = await submit(engine)
    before = await row_of(engine, generation_id)
    with pytest.raises(asyncpg.InvalidParameterValueError, match=message):
        await psql.execute(f"UPDATE job_queue SET {change}")
    assert await row_of(engine, generation_id) == before


async def test_priority_and_attempts_may_be_changed_and_a_completed_job_not_reset(
    engine: AsyncEngine, psql: Psql
) -> None:
    generation_id = await submit(engine)
    await psql.execute("UPDATE job_queue SET priority = 5, max_attempts = 9, updated_at = now()")
    row = await row_of(engine, generation_id)
    assert (row.priority, row.max_attempts, row.version) == (5, 9, 1)
    await psql.execute("UPDATE image_generations SET status = 'completed'")
    with pytest.raises(asyncpg.PostgresError, match="is completed; enqueue another one"):
        await psql.execute("UPDATE job_queue SET status = 'pending', attempt_number = 0")


async def test_a_deleted_job_is_back_when_its_generation_is_tried_again(engine: AsyncEngine, psql: Psql) -> None:
    generation_id = await submit(engine)
    await cancel(engine, generation_id)
    await psql.execute("DELETE FROM job_queue")
    assert await psql.fetchval("SELECT count(*) FROM job_queue") == 0
    assert await retry(engine, generation_id)
    assert await psql.fetchval("SELECT count(*) FROM job_queue") == 1


async def test_a_stranger_may_call_nothing(engine: AsyncEngine, psql: Psql) -> None:
    await psql.execute("CREATE ROLE stranger")
    try:
        await psql.execute("SET ROLE stranger")
        for call in ("enqueue_job('generate-image', '{}')", "claim_next_job()", "complete_job(gen_random_uuid())"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await psql.execute(f"SELECT {call}")
        await psql.execute("RESET ROLE")
        await psql.execute("GRANT EXECUTE ON FUNCTION enqueue_job TO stranger")
        await psql.execute("SET ROLE stranger")
        # With the owner's rights and names, whatever stands in the caller's own way.
        await psql.execute("CREATE TEMP TABLE image_generations (id uuid)")
        assert await enqueue(psql, {"prompt": "p"})
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await psql.execute("SELECT FROM public.image_generations")
    finally:
        await psql.execute("RESET ROLE")
        await psql.execute("DROP OWNED BY stranger; DROP ROLE stranger")
    assert await psql.fetchval("SELECT count(*) FROM public.image_generations") == 1


async def test_asking_for_what_waits_walks_no_finished_row(engine: AsyncEngine, database_url: str) -> None:
    connection = await asyncpg.connect(database_url, server_settings={"enable_seqscan": "off"})
    for status in ("pending", "processing"):
        plan = await connection.fetch(f"EXPLAIN SELECT count(*) FROM job_queue WHERE status = '{status}'")
        lines = "\n".join(line[0] for line in plan)
        assert "Seq Scan" not in lines, lines
        assert "completed" not in lines, lines
    await connection.close()
