"""A worker whose outputs and sources are made to hurt it goes on, so do their neighbours; nothing is bought twice."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import psutil
import pytest
from aiohttp import web

from pipeline.doorbell import Bell
from tests.actors.lab import PATIENCE, Hands, Lab
from tests.actors.test_sources import submit as submit_with_source
from tests.pipeline.egress.hosts import LOOPBACK, serving
from tests.pipeline.media.hostile import HOSTILE, drawing, hostile
from tests.pipeline.media.inspection.test_pool import children
from tests.pipeline.media.samples import sample
from tests.pipeline.media.test_complete import COMPLETE
from tests.pipeline.media.test_shrink import DAMAGED, gradient
from tests.pipeline.media.test_source import giving, saved
from tests.pipeline.providers.painter.caller import Caller
from tests.pipeline.providers.replicate.liar import lying
from tests.rows import statuses
from tests.until import until

DEVELOPED = ["queued", "processing", "downloading", "completed"]


@dataclass
class Model:
    """A provider whose predictions are finished at once, with the outputs that their prompts name."""

    lab: Lab
    hands: Hands
    outputs: dict[str, bytes]
    fetched: list[str]
    bought: list[str]

    async def submit(self, name: str, output: bytes) -> UUID:
        """A generation with that output, collected and ready to be stored."""
        self.outputs[name] = output
        generation_id = await self.lab.submit(input={"prompt": name, "seed": 7})
        await self.hands.buy()
        await self.hands.collect.turns.take()
        return generation_id

    async def ends(self, generation_id: UUID) -> str:
        """The status in which a generation ends."""
        async with asyncio.timeout(PATIENCE):
            while (row := await self.lab.row(generation_id)).due_at is not None:
                pass
        return str(row.status)


@asynccontextmanager
async def modelled(lab: Lab) -> AsyncIterator[Model]:
    outputs: dict[str, bytes] = {}
    fetched: list[str] = []
    bought: list[str] = []

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if request.method == "GET":
            fetched.append(name := request.path.rpartition("/")[2])
            return web.Response(body=outputs[name])
        asked = await request.json()
        bought.append(name := asked["input"]["prompt"])
        done = {"id": f"p{len(bought)}", "status": "succeeded", "output": [f"http://{request.host}/out/{name}"]}
        return web.json_response(done, status=201)

    async with lying(answer) as liar, lab.hands(replicate_api_url=liar.url, egress_allow=LOOPBACK) as hands:
        yield Model(lab, hands, outputs, fetched, bought)


@pytest.fixture
async def model(lab: Lab) -> AsyncIterator[Model]:
    async with modelled(lab) as opened:
        yield opened


async def test_a_picture_that_ends_its_process_fails_once_and_its_neighbours_are_stored(lab: Lab, model: Model) -> None:
    await model.ends(await started(model, "warm", sample("avif")))
    (process,) = children()
    process.suspend()
    bad = await started(model, "bad", drawing("<g/>"))
    await until(lambda: model.hands.resources.inspections.busy > 0)
    kinds = {kind: sample(kind) for kind in ("png", "jpeg", "webp", "gif", "avif")} | {"svg": drawing("<g/>")}
    neighbours = [await started(model, kind, data) for kind, data in kinds.items()]
    assert [await model.ends(one) for one in neighbours] == ["completed"] * len(kinds)
    assert (await lab.row(bad)).status == "downloading"
    process.send_signal(signal.SIGSEGV)
    process.resume()
    assert await model.ends(bad) == "failed"
    row = await lab.row(bad)
    assert row.error_message == (
        "the picture could not be stored: The output ended the process that looked at it: it was ended by SIGSEGV."
    )
    assert (row.attempt_number, row.due_at) == (1, None)
    assert (model.bought.count("bad"), model.fetched.count("bad")) == (1, 1)


async def started(model: Model, name: str, output: bytes) -> UUID:
    """A generation whose output is on its way into the store."""
    generation_id = await model.submit(name, output)
    await model.hands.store.turns.take()
    return generation_id


async def test_a_worker_that_leaves_takes_its_processes_along_and_blames_nobody(lab: Lab) -> None:
    async with modelled(lab) as model:
        await model.ends(await started(model, "warm", sample("avif")))
        (process,) = children()
        process.suspend()
        held = await started(model, "held", sample("avif"))
        await until(lambda: model.hands.resources.inspections.busy > 0)
        await model.hands.store.pool.close(0)
        assert (await lab.row(held)).status == "downloading"
    assert psutil.wait_procs([process], PATIENCE)[1] == []
    assert children() == []


@pytest.mark.parametrize("name", ["jpeg: bytes that fill", "avif: as many items as are let in", "svg: spaces of names"])
async def test_what_is_made_to_take_long_is_stored_like_any_other(lab: Lab, model: Model, name: str) -> None:
    assert name in HOSTILE
    hurting = await started(model, "hurting", hostile(name))
    honest = [await started(model, f"n{number}", sample("png")) for number in range(8)]
    assert [await model.ends(one) for one in honest] == ["completed"] * 8
    assert await model.ends(hurting) == "completed"


@pytest.mark.parametrize("name", ["png: the same, compressed", "avif: one byte behind", "jpeg: a film behind"])
async def test_a_complete_picture_is_bought_once_and_kept(lab: Lab, model: Model, name: str) -> None:
    generation_id = await started(model, "whole", COMPLETE[name]())
    assert await model.ends(generation_id) == "completed"
    assert (statuses(await lab.row(generation_id)), model.bought) == (DEVELOPED, ["whole"])


async def test_a_source_with_damaged_exif_is_sent(lab: Lab, painter: Caller) -> None:
    exif = b"Exif\0\0" + DAMAGED["turned, and a part that lies outside"]
    source = saved(gradient("RGB"), "jpeg", quality=99, exif=exif)
    async with serving(giving(source)) as port, lab.hands(egress_allow=LOOPBACK, lease_seconds=60) as hands:
        generation_id = await submit_with_source(lab, f"http://127.0.0.1:{port}/cat")
        await hands.buy()
    assert (await lab.row(generation_id)).timeline[-1].get("why") is None
    (bought,) = lab.sold()
    assert bought.input["image"].startswith("data:image/webp;base64,")
    await lab.rung(Bell.COLLECT)
    assert (await lab.row(generation_id)).attempt_number == 1


async def test_a_source_that_ends_its_process_fails_at_once(lab: Lab, painter: Caller) -> None:
    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response(body=saved(gradient("RGB"), "jpeg", quality=99))

    async with serving(answer) as port, lab.hands(egress_allow=LOOPBACK, lease_seconds=60) as hands:
        await hands.resources.inspections.examine(sample("avif"))
        (process,) = children()
        process.suspend()
        generation_id = await submit_with_source(lab, f"http://127.0.0.1:{port}/cat")
        await hands.start.turns.take()
        await until(lambda: hands.resources.inspections.busy > 0)
        process.send_signal(signal.SIGABRT)
        process.resume()
        await hands.start.close(PATIENCE)
    row = await lab.row(generation_id)
    assert (row.status, lab.sold()) == ("failed", [])
    assert row.error_message == (
        "the source picture cannot be used: it ended the process that looked at it: it was ended by SIGABRT"
    )
