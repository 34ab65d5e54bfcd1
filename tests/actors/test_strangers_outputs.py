"""What a model's owner may write as its output: any address, any number, any size."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import orjson
import pytest
from aiohttp import web

from pipeline.claim import claim_downloads
from pipeline.statements import execute, statement
from pipeline.verdict import LOOKS_AT_BROKEN
from tests.actors.lab import Hands, Lab
from tests.actors.pictures import DEVELOPED, downloading
from tests.pipeline.egress.hosts import LOOPBACK, serving
from tests.pipeline.media.samples import sample
from tests.pipeline.providers.painter.caller import Caller
from tests.rows import statuses

_ANSWERED = statement("""
    UPDATE image_generations SET prediction = jsonb_set(prediction, '{output}', CAST(CAST(:output AS text) AS jsonb))
    WHERE id = :id
""")


async def answered(lab: Lab, hands: Hands, outputs: list[str], count: int = 1) -> UUID:
    """A generation whose model has answered with these outputs."""
    generation_id = await downloading(lab, hands, count)
    await execute(lab.engine, _ANSWERED, id=generation_id, output=orjson.dumps(outputs).decode())
    return generation_id


@asynccontextmanager
async def counting(status: int = 200, headers: dict[str, str] | None = None) -> AsyncIterator[tuple[str, list[str]]]:
    """A server inside that gives a picture, and what it was asked for."""
    asked: list[str] = []

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        asked.append(request.path)
        return web.Response(status=status, body=sample("png"), headers=headers)

    async with serving(answer) as port:
        yield f"127.0.0.1:{port}", asked


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_an_output_inside_is_never_asked_for(lab: Lab, painter: Caller, hands: Hands, scheme: str) -> None:
    async with counting() as (inside, asked):
        generation_id = await answered(lab, hands, [f"{scheme}://{inside}/latest/meta-data"])
        await hands.keep()
    row = await lab.row(generation_id)
    assert (row.status, asked, len(lab.sold())) == ("failed", [], 1)
    assert row.error_message.endswith("The output's address 127.0.0.1 is not on the public internet.")


async def test_a_redirect_of_the_providers_own_server_leads_inside_no_more(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    async with counting() as (inside, asked), counting(302, {"Location": f"http://{inside}/x"}) as (own, _):
        generation_id = await answered(lab, hands, [f"http://{own}/picture"])
        async with lab.hands(replicate_api_url=f"http://{own}") as worker:
            await worker.keep()
    row = await lab.row(generation_id)
    assert (row.status, asked) == ("failed", [])
    assert "is not on the public internet" in row.error_message


async def test_no_row_tells_where_the_store_or_the_provider_is(lab: Lab, hands: Hands) -> None:
    generation_id = await lab.submit()
    await hands.buy()  # nobody listens there
    row = await lab.row(generation_id)
    told = str([row.error_message, *row.timeline])
    assert "does not answer" in told
    assert "127.0.0.1" not in told
    assert lab.settings.replicate_api_url.rpartition(":")[2] not in told


async def test_outputs_beyond_those_asked_for_are_not_fetched(lab: Lab, painter: Caller, hands: Hands) -> None:
    async with counting() as (inside, asked), lab.hands(egress_allow=LOOPBACK) as worker:
        generation_id = await answered(lab, hands, [f"http://{inside}/{number}" for number in range(100)], count=2)
        await worker.keep()
    row = await lab.row(generation_id)
    assert (statuses(row), asked) == (DEVELOPED, ["/0", "/1"])
    assert [image.idx for image in await lab.images(generation_id)] == [0, 1]
    assert row.timeline[-1]["why"] == "kept 2 of 100 outputs: 2 had been asked for"


async def test_what_is_under_way_is_bounded_and_all_of_it_arrives(lab: Lab, painter: Caller, hands: Hands) -> None:
    """Many pictures at once, each larger than the budget's rest: one goes on while the others wait."""
    async with counting() as (inside, asked), lab.hands(egress_allow=LOOPBACK, download_bytes=1) as worker:
        generations = [
            await answered(lab, hands, [f"http://{inside}/{number}-{one}" for one in range(4)], 4)
            for number in range(8)
        ]
        await worker.keep()
    assert {(await lab.row(one)).status for one in generations} == {"completed"}
    assert len(asked) == 32


async def test_pictures_that_drip_keep_no_small_one_waiting(lab: Lab, painter: Caller, hands: Hands) -> None:
    """A stranger's pictures hold all that a worker may hold, and send no more; a neighbour's comes meanwhile."""
    held = asyncio.Event()

    async def stall(request: web.BaseRequest) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(bytes(3 * 2**20))
        await held.wait()
        return answer

    async with (
        serving(stall) as stalling,
        counting() as (inside, _),
        lab.hands(egress_allow=LOOPBACK, download_bytes=2**22) as worker,
    ):
        await answered(lab, hands, [f"http://127.0.0.1:{stalling}/{number}" for number in range(4)], 4)
        keeping = asyncio.create_task(worker.keep())
        await asyncio.sleep(0.5)
        neighbours = await answered(lab, hands, [f"http://{inside}/good"])
        again = asyncio.create_task(worker.keep())
        try:
            await asyncio.wait([again], timeout=1)
            assert (await lab.row(neighbours)).status == "completed"
        finally:
            held.set()
            await asyncio.gather(keeping, again)


@pytest.mark.parametrize("provider_has_it", [True, False])
async def test_a_refused_address_is_asked_for_anew_and_nothing_is_bought_for_it(
    lab: Lab, painter: Caller, hands: Hands, provider_has_it: bool
) -> None:
    async with counting(403) as (inside, asked), lab.hands(egress_allow=LOOPBACK) as worker:
        generation_id = await answered(lab, hands, [f"http://{inside}/signed"])
        if provider_has_it:
            await worker.keep()
            await lab.age()
        else:
            await lab.by_hand("UPDATE image_generations SET replicate_prediction_id = 'nobody-knows-it'")
            for _ in range(LOOKS_AT_BROKEN):
                await worker.keep()
                await lab.age()
        await worker.keep()
    row = await lab.row(generation_id)
    assert (row.status, row.possible_double_charge) == ("completed" if provider_has_it else "failed", 0)
    assert len(lab.sold()) == 1
    assert len(asked) == (1 if provider_has_it else LOOKS_AT_BROKEN)


async def test_outputs_that_are_pictures_themselves_are_claimed_as_there_is_room(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    """Each of them is more than a worker may hold: one is read after the other, and all of them are kept."""
    picture = f"data:image/png;base64,{base64.b64encode(sample('png')).decode()}"
    generations = [await answered(lab, hands, [picture] * 100) for _ in range(3)]
    (claimed,) = await claim_downloads(lab.engine, 3, lease=0, most_bytes=1)
    assert (claimed.due, claimed.outputs, claimed.output) == (3, 100, [picture])
    async with lab.hands(download_bytes=1) as worker:
        await worker.keep()
    assert {(await lab.row(one)).status for one in generations} == {"completed"}


@pytest.mark.parametrize("output", ["null", '"https://cat.example/x"', "{}", "[]"])
async def test_a_row_without_outputs_holds_up_nobody(lab: Lab, painter: Caller, hands: Hands, output: str) -> None:
    poisoned, good = await downloading(lab, hands), await downloading(lab, hands)
    await execute(lab.engine, _ANSWERED, id=poisoned, output=output)
    for _ in range(LOOKS_AT_BROKEN):
        await hands.keep()
        await lab.age()
    assert (await lab.row(good)).status == "completed"
    row = await lab.row(poisoned)
    assert (row.status, "names no output" in row.error_message) == ("failed", True)
