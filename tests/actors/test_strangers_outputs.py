"""What a model's owner may write as its output: any address, any number, any size."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import orjson
import pytest
from aiohttp import web

from actors.task_pool import TaskPool
from pipeline.claim import claim_downloads
from pipeline.doorbell import Bell
from pipeline.statements import execute, statement
from pipeline.verdict import LOOKS_AT_BROKEN
from tests.actors.lab import Hands, Lab
from tests.actors.pictures import DEVELOPED, downloading
from tests.pipeline.egress.hosts import LOOPBACK, serving
from tests.pipeline.media.samples import sample
from tests.pipeline.providers.painter.caller import Caller
from tests.rows import statuses
from tests.until import until

_ANSWERED = statement("""
    UPDATE image_generations SET prediction = jsonb_set(prediction, '{output}', CAST(CAST(:output AS text) AS jsonb))
    WHERE id = :id
""")


async def answered(lab: Lab, hands: Hands, outputs: list[str], count: int = 1, **given: Any) -> UUID:
    """A generation whose model has answered with these outputs; `given` as for `lab.submit`."""
    generation_id = await downloading(lab, hands, count, **given)
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


@asynccontextmanager
async def stalling(sent: int) -> AsyncIterator[tuple[str, list[str], asyncio.Event]]:
    """A server inside that sends so many bytes of each picture and then nothing, until it is told to end them; its
    address, what it was asked for, and the event that tells it.
    """
    asked, end = list[str](), asyncio.Event()

    async def stall(request: web.BaseRequest) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(bytes(sent))
        asked.append(request.path)
        await end.wait()
        return answer

    async with serving(stall) as port:
        try:
            yield f"127.0.0.1:{port}", asked, end
        finally:
            end.set()


async def _completed_meanwhile(lab: Lab, worker: Hands, generation_id: UUID) -> None:
    """Answer the bell until the generation is completed; long before a picture that stalls is given up."""
    async with asyncio.timeout(20):
        while (await lab.row(generation_id)).status != "completed":
            await worker.store.turns.take()
            await asyncio.sleep(0)


async def test_pictures_that_drip_keep_no_small_one_waiting(lab: Lab, painter: Caller, hands: Hands) -> None:
    """A stranger's pictures hold all that a worker may hold, and send no more; a neighbour's comes meanwhile."""
    async with (
        stalling(3 * 2**20) as (stranger, asked, end),
        counting() as (inside, _),
        lab.hands(egress_allow=LOOPBACK, download_bytes=2**22) as worker,
    ):
        await answered(lab, hands, [f"http://{stranger}/{number}" for number in range(4)], 4)
        await worker.store.turns.take()
        await until(lambda: len(asked) == 4)
        neighbours = await answered(lab, hands, [f"http://{inside}/good"])
        await _completed_meanwhile(lab, worker, neighbours)
        end.set()
        await worker.store.pool.close(20)


async def test_one_users_stalled_pictures_leave_places_for_others(lab: Lab, painter: Caller, hands: Hands) -> None:
    """They held all places of a worker, for as long as a picture may take, try after try."""
    async with (
        stalling(1) as (stranger, asked, end),
        counting() as (inside, _),
        lab.hands(egress_allow=LOOPBACK) as worker,
    ):
        worker.store.pool = TaskPool(6)
        for number in range(8):
            await answered(lab, hands, [f"http://{stranger}/{number}"])
        await worker.store.turns.take()
        await until(lambda: len(asked) == 3)
        assert worker.store.pool.free == 3
        neighbours = await answered(lab, hands, [f"http://{inside}/good"], user_id="a neighbour")
        await _completed_meanwhile(lab, worker, neighbours)
        assert len(asked) == 3
        # When one of theirs has ended, the next of theirs goes on, and nobody has to wait for the sweep.
        end.set()
        await lab.rung(Bell.STORE)
        async with asyncio.timeout(20):
            while len(set(asked)) < 8:
                await worker.store.turns.take()
                await asyncio.sleep(0)
        await worker.store.pool.close(20)


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
