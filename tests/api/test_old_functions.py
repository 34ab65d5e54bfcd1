"""The old edge functions that wait, that a cron called, and that took many: what they take and what they answer."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.supabase.functions import process_jobs
from pipeline.claim import claim_queued
from pipeline.moves import as_move
from pipeline.statements import execute, fetch, statement
from pipeline.sweep import fail_expired
from schema.statuses import Status
from tests.api.conftest import Web
from tests.darkroom import Darkroom
from tests.until import until

ANON = {"Authorization": "Bearer the-anon-key"}
BODY = {"prompt": "A beautiful sunset over mountains", "model_id": "black-forest-labs/flux-schnell", "width": 1024}
FAR = "2999-01-01T00:00:00Z"


@pytest.fixture
async def anon(darkroom: Darkroom) -> AsyncIterator[aiohttp.ClientSession]:
    async with darkroom.client("the-anon-key") as http:
        yield http


async def call(http: aiohttp.ClientSession, function: str, body: Any) -> tuple[int, Any]:
    """What a function answers."""
    async with http.post(f"/functions/v1/{function}", json=body) as answer:
        return answer.status, await answer.json()


async def test_generate_image_waits_for_the_picture(darkroom: Darkroom, anon: aiohttp.ClientSession) -> None:
    status, answer = await call(anon, "generate-image", BODY)
    assert (status, answer["success"]) == (200, True)
    async with anon.get(answer["output_url"]) as picture:
        assert (picture.status, picture.content_type) == (200, f"image/{answer['format']}")
    assert answer["image_url"] == answer["image"]["public_url"] == answer["images"][0]["url"] == answer["output_url"]
    assert answer.keys() >= {"width", "height", "generation_time_seconds", "generation_id"}
    sql = "SELECT status, user_id FROM image_generations WHERE id = $1"
    (row,) = await darkroom.execute(sql, answer["generation_id"])
    assert (row["status"], row["user_id"]) == ("completed", None)


async def test_process_generation_runs_what_it_is_named_and_what_it_is_told(darkroom: Darkroom) -> None:
    async with darkroom.client(darkroom.service_key) as service, darkroom.user() as user:
        mine = await user.submit()
        status, answer = await call(service, "process-generation", {"generation_id": mine["id"]})
        assert (status, answer["success"], answer["generation_id"]) == (200, True, mine["id"])
        assert set(answer) == {
            "success",
            "generation_id",
            "output_url",
            "format",
            "width",
            "height",
            "generation_time_seconds",
        }
        assert await call(service, "process-generation", {"generation_id": mine["id"]}) == (200, answer), "it is there"
        later = await user.submit(scheduled_at=FAR)
        async with user.http.post(f"/v1/generations/{later['id']}/cancel") as cancelled:
            assert cancelled.status == 200
        status, answer = await call(service, "process-generation", {"generation_id": later["id"]})
        assert (status, answer["success"]) == (200, True), "a cancelled one is tried again"
        status, answer = await call(service, "process-generation", BODY)
        assert (status, answer["success"]) == (200, True)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"generation_id": "nonsense"}, 400, "generation_id: must be a UUID"),
        ({"generation_id": 7}, 400, "generation_id: must be a UUID"),
        ({"generation_id": str(uuid4())}, 404, "there is no generation with this id"),
        ({}, 400, "prompt: Field required"),
        ([], 400, "must be a JSON object"),
    ],
)
async def test_what_process_generation_cannot_run(darkroom: Darkroom, body: Any, status: int, words: str) -> None:
    async with darkroom.client(darkroom.service_key) as service:
        answered, answer = await call(service, "process-generation", body)
    assert (answered, answer["success"]) == (status, False)
    assert words in answer["error"]


async def test_what_fails_is_said(web: Web, engine: AsyncEngine) -> None:
    async with web.darkroom.user("service") as service:
        calling = asyncio.create_task(call(service.http, "generate-image", BODY))
        await until(lambda: len(web.state.topics.everyone()) > 0)
        await execute(engine, statement("UPDATE image_generations SET due_at = now()"))
        web.state.notices.note(await fail_expired(engine))
        status, answer = await calling
    assert (status, answer["success"], answer["error"]) == (500, False, "the deadline passed before it was begun")
    assert answer["generation_id"]


async def test_what_takes_too_long_goes_on_and_is_said(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.supabase.functions.finished.LONGEST_SECONDS", 0.1)
    async with web.darkroom.user() as user:
        status, answer = await call(user.http, "generate-image", BODY)
        assert (status, answer["success"]) == (504, False)
        assert answer["error"].startswith("it is queued after 0 s and goes on")
        assert await user.rows() == 1


async def test_process_jobs_counts_what_it_drove_to_its_end(anon: aiohttp.ClientSession) -> None:
    assert (await call(anon, "start-generation", BODY))[0] == 200
    status, answer = await call(anon, "process-jobs", None)
    assert (status, answer["success"], answer["errors"]) == (200, True, 0)
    assert answer["message"] == f"Processed {answer['processed']} job(s) with 0 error(s)"


async def test_process_jobs_with_nothing_due_processes_nothing(web: Web) -> None:
    async with web.darkroom.user() as user:
        await user.submit(scheduled_at=FAR)
        nothing = {"success": True, "processed": 0, "errors": 0, "message": "Processed 0 job(s) with 0 error(s)"}
        assert await call(user.http, "process-jobs", {}) == (200, nothing)


async def test_process_jobs_tells_failed_ones_and_what_was_not_over_in_time(
    web: Web, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_jobs, "LONGEST_SECONDS", 1.0)
    async with web.darkroom.user() as user:
        for _ in range(3):
            await user.submit()
        await claim_queued(engine, {"replicate": 1}, 30)
        calling = asyncio.create_task(call(user.http, "process-jobs", {}))
        await until(lambda: len(web.state.topics.everyone()) == 3)
        sql = "SELECT id FROM image_generations WHERE status = 'queued' LIMIT 1"
        (row,) = await fetch(engine, statement(sql))
        await execute(engine, statement("UPDATE image_generations SET due_at = now() WHERE id = :id"), id=row.id)
        moved = await fail_expired(engine)
        assert [move.id for move in moved] == [row.id]
        web.state.notices.note([as_move(await _row(engine, row.id))])
        status, answer = await calling
    assert (status, answer["processed"], answer["errors"]) == (200, 1, 1)
    assert answer["message"] == "Processed 1 job(s) with 1 error(s)"


async def _row(engine: AsyncEngine, id_: object) -> Any:
    (row,) = await fetch(engine, statement("SELECT * FROM image_generations WHERE id = :id"), id=id_)
    assert row.status == Status.FAILED
    return row


async def test_batch_generate_takes_the_old_apps_words(darkroom: Darkroom) -> None:
    body = {
        "prompts": [{"text": "a lighthouse", "seed": 7}, {"text": "a harbour", "negative_prompt": "people"}],
        "shared_settings": {"model_id": "stability-ai/sdxl", "width": 500, "steps_per_second": 3},
        "batch_name": "the coast",
    }
    async with darkroom.user() as user:
        status, answer = await call(user.http, "batch-generate", body)
        batch = answer["batch"]
        assert (status, batch["name"], batch["total"]) == (200, "the coast", 2)
        rows = await darkroom.execute(
            "SELECT * FROM image_generations WHERE batch_id = $1 ORDER BY batch_index", batch["id"]
        )
    assert [(row["prompt"], row["seed"] == 7, row["negative_prompt"]) for row in rows] == [
        ("a lighthouse", True, None),
        ("a harbour", False, "people"),
    ]
    assert {row["width"] for row in rows} == {496}, "brought within what the model takes"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "prompts: Field required"),
        ({"prompts": []}, "prompts"),
        ({"prompts": [{"text": "a"}] * 101}, "prompts"),
        ({"prompts": [{"text": ""}]}, "prompts.0.text"),
        ({"prompts": ["a"], "shared_settings": {"model_id": "nobody/nothing"}}, "prompts.0.model_id"),
        ({"prompts": ["a"], "shared_settings": {"width": "wide"}}, "width"),
    ],
)
async def test_a_batch_that_cannot_be_is_refused_whole(web: Web, body: Any, words: str) -> None:
    async with web.darkroom.user() as user:
        status, answer = await call(user.http, "batch-generate", body)
        assert (status, answer["success"]) == (400, False)
        assert words in answer["error"]
        assert await user.rows() == 0
