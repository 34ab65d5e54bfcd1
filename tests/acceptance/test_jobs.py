"""The old guide's SQL against a whole Darkroom: enqueued, brought, dropped, reset; and everybody who follows hears."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from aiohttp import web

from tests.acceptance.follower import follow
from tests.acceptance.jobs import standing_in_line
from tests.darkroom import Darkroom
from tests.pipeline.egress.hosts import serving
from tests.pipeline.media.samples import sample
from tests.schema.old_guide import step

PATIENCE = 30.0
DEVELOPED = ["queued", "processing", "downloading", "completed"]


@asynccontextmanager
async def paused(darkroom: Darkroom) -> AsyncIterator[None]:
    """The lane is paused: what is queued waits for an external worker."""
    await darkroom.execute("UPDATE lanes SET paused = true")
    try:
        yield
    finally:
        await darkroom.execute("UPDATE lanes SET paused = false")


async def enqueue(darkroom: Darkroom, prompt: str) -> UUID:
    """A job of that prompt, once it stands in line."""
    sql = "SELECT enqueue_job('generate-image', jsonb_build_object('prompt', $1::text, 'user_id', 'old-app'))"
    return await standing_in_line(darkroom, sql, prompt)


async def claim(darkroom: Darkroom) -> UUID:
    """The next job, by the guide's function."""
    job: UUID = (await darkroom.execute("SELECT id FROM claim_next_job()"))[0][0]
    return job


async def statuses(darkroom: Darkroom, job: UUID) -> list[str]:
    """Every transition that a websocket client is pushed, until the final one."""
    frames = await follow(darkroom.url, darkroom.service_key, str(job), PATIENCE)
    return [frame["status"] for frame in frames]


async def test_a_job_by_sql_is_developed_and_pushed(darkroom: Darkroom) -> None:
    job = await enqueue(darkroom, "a storm at sea")
    assert await statuses(darkroom, job) == ["pending", *DEVELOPED]
    (row,) = await darkroom.execute("SELECT status, result->>'output_url' AS url FROM job_queue WHERE id = $1", job)
    async with darkroom.client(None) as client, client.get(row["url"]) as answer:
        assert (row["status"], answer.status) == ("completed", 200)


async def test_an_external_worker_s_picture_is_stored_and_pushed(darkroom: Darkroom) -> None:
    picture = sample("png")

    async def give(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=picture)

    async with paused(darkroom), serving(give) as port:
        job = await enqueue(darkroom, "painted elsewhere")
        following = asyncio.create_task(statuses(darkroom, job))
        assert await claim(darkroom) == job
        result = f'{{"output_url": "http://127.0.0.1:{port}/1.png"}}'
        await darkroom.execute("SELECT complete_job($1, $2)", job, result)
        assert await following == ["pending", *DEVELOPED]
    (image,) = await darkroom.execute("SELECT public_url FROM images WHERE generation_id = $1", job)
    async with darkroom.client(None) as client, client.get(image["public_url"]) as answer:
        assert await answer.read() == picture


async def test_what_an_external_worker_drops_the_pipeline_develops(darkroom: Darkroom) -> None:
    async with paused(darkroom):
        job = await enqueue(darkroom, "dropped")
        assert await claim(darkroom) == job
    await darkroom.execute_as_ours("UPDATE image_generations SET due_at = now() WHERE id = $1", job)
    assert await statuses(darkroom, job) == ["pending", "queued", "processing", "pending", *DEVELOPED]
    with pytest.raises(Exception, match="is not held by an external worker"):
        await darkroom.execute("""SELECT complete_job($1, '{"output_url": "https://x.example/1.png"}')""", job)


async def test_a_stuck_job_reset_by_hand_goes_on_and_is_pushed(darkroom: Darkroom) -> None:
    async with paused(darkroom):
        by_job, by_row = await enqueue(darkroom, "stuck"), await enqueue(darkroom, "stuck too")
        assert {await claim(darkroom), await claim(darkroom)} == {by_job, by_row}
    age = "UPDATE image_generations SET updated_at = now() - interval '16 minutes' WHERE id = $1"
    await darkroom.execute_as_ours(age, by_job)
    await darkroom.execute(step("trouble-reset"))
    await darkroom.execute("UPDATE image_generations SET status = 'pending' WHERE id = $1", by_row)
    for job in (by_job, by_row):
        assert await statuses(darkroom, job) == ["pending", "queued", "processing", "pending", *DEVELOPED]


async def test_an_archived_job_is_gone_and_its_generation_is_not(darkroom: Darkroom) -> None:
    job = await enqueue(darkroom, "kept")
    await statuses(darkroom, job)
    await darkroom.execute("DELETE FROM job_queue WHERE id = $1", job)
    assert await darkroom.execute("SELECT id FROM job_queue WHERE id = $1", job) == []
    async with darkroom.client(darkroom.service_key) as client, client.get(f"/v1/generations/{job}") as answer:
        generation = await answer.json()
    assert (generation["status"], len(generation["images"])) == ("completed", 1)
