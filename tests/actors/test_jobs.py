"""Jobs by SQL on their way through the pipeline: developed, brought by an external worker, refused by the guard."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from aiohttp import web

from pipeline.doorbell import Bell
from pipeline.verdict import LOOKS_AT_BROKEN
from tests.actors.lab import Hands, Lab
from tests.conftest import owner_of
from tests.pipeline.egress.hosts import LOOPBACK, serving
from tests.pipeline.media.samples import sample
from tests.pipeline.media.test_source import giving
from tests.pipeline.providers.painter.caller import Caller
from tests.rows import statuses

BROUGHT = ["queued", "processing", "downloading", "completed"]


@pytest.fixture
async def hands(lab: Lab) -> AsyncIterator[Hands]:
    """A worker's hands that may reach this machine."""
    async with lab.hands(egress_allow=LOOPBACK) as opened:
        yield opened


async def sql(lab: Lab, statement: str, *arguments: object) -> Any:
    """One value, as an external worker asks for it."""
    assert lab.settings.database_url is not None
    psql = await asyncpg.connect(owner_of(lab.settings.database_url))
    try:
        return await psql.fetchval(statement, *arguments)
    finally:
        await psql.close()


async def complete(lab: Lab, job: UUID, url: str) -> None:
    """An external worker brings a picture."""
    await sql(lab, "SELECT complete_job($1, jsonb_build_object('output_url', $2::text))", job, url)


async def test_a_job_by_sql_is_developed(lab: Lab, painter: Caller, hands: Hands) -> None:
    job = await sql(lab, 'SELECT enqueue_job(\'generate-image\', \'{"prompt": "a storm", "width": 512}\')')
    await hands.sweep()
    await hands.buy()
    await lab.rung(Bell.COLLECT)
    await hands.develop()
    row = await lab.row(job)
    assert statuses(row) == ["pending", *BROUGHT]
    (picture,) = await lab.images(job)
    result = await sql(lab, "SELECT result->>'output_url' FROM job_queue WHERE id = $1", job)
    assert result == picture.public_url
    assert [sold.input["prompt"] for sold in lab.sold()] == ["a storm"]


async def test_what_an_external_worker_brings_is_stored_and_nothing_is_bought(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    async with serving(giving(sample("jpeg"))) as port:
        generation_id = await lab.submit()
        assert await sql(lab, "SELECT id FROM claim_next_job()") == generation_id
        await hands.buy()
        await complete(lab, generation_id, f"http://127.0.0.1:{port}/1.png")
        await hands.keep()
    row = await lab.row(generation_id)
    assert (statuses(row), row.provider, row.cost) == (BROUGHT, "external", None)
    (picture,) = await lab.images(generation_id)
    # By its content, whatever its name says.
    assert picture.format == "jpg"
    assert lab.sold() == []


async def test_an_address_inside_is_never_asked(lab: Lab) -> None:
    asked: list[str] = []

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        asked.append(request.path)
        return web.Response(body=sample("png"))

    async with serving(answer) as port, lab.hands() as hands:
        generation_id = await lab.submit()
        await sql(lab, "SELECT id FROM claim_next_job()")
        await complete(lab, generation_id, f"http://127.0.0.1:{port}/latest/meta-data")
        await hands.keep()
    row = await lab.row(generation_id)
    assert (row.status, asked) == ("failed", [])
    assert "127.0.0.1 is not on the public internet" in row.error_message


async def test_a_picture_that_never_comes_ends_the_job_and_a_retry_buys_one(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    async def gone(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=404)

    async with serving(gone) as port:
        generation_id = await lab.submit()
        await sql(lab, "SELECT id FROM claim_next_job()")
        await complete(lab, generation_id, f"http://127.0.0.1:{port}/1.png")
        for _ in range(LOOKS_AT_BROKEN):
            await lab.age()
            await hands.keep()
    row = await lab.row(generation_id)
    assert (row.status, row.possible_double_charge) == ("failed", 0)
    await sql(lab, "UPDATE job_queue SET status = 'pending', attempt_number = 0 WHERE id = $1", generation_id)
    await hands.buy()
    assert len(lab.sold()) == 1


async def test_a_worker_that_died_gives_the_job_back_to_the_pipeline(lab: Lab, painter: Caller, hands: Hands) -> None:
    generation_id = await lab.submit()
    await sql(lab, "SELECT id FROM claim_next_job()")
    await hands.sweep()
    await hands.buy()
    assert (await lab.row(generation_id)).provider == "external"
    await lab.age()
    await hands.sweep()
    await hands.buy()
    await lab.rung(Bell.COLLECT)
    await hands.develop()
    row = await lab.row(generation_id)
    assert statuses(row) == ["queued", "processing", "pending", *BROUGHT]
    assert (row.provider, row.attempt_number, len(lab.sold())) == ("replicate", 2, 1)
