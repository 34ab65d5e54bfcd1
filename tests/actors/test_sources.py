"""Image-to-image: the source is there before anything is bought, or nothing is."""

import base64
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web

from pipeline.doorbell import Bell
from pipeline.verdict import LOOKS_AT_SOURCE
from tests.actors.lab import Hands, Lab
from tests.pipeline.egress.hosts import LOOPBACK, Handler, serving
from tests.pipeline.media.samples import sample
from tests.pipeline.media.test_source import giving
from tests.pipeline.providers.painter.caller import Caller
from tests.rows import statuses

SDXL = "stability-ai/sdxl"
DEVELOPED = ["queued", "processing", "downloading", "completed"]


@pytest.fixture
async def hands(lab: Lab) -> AsyncIterator[Hands]:
    """A worker's hands that may reach this machine."""
    async with lab.hands(egress_allow=LOOPBACK) as opened:
        yield opened


async def submit(lab: Lab, url: str, model: str = SDXL, **inputs: Any) -> UUID:
    """A row with a source picture, as the door makes it."""
    asked = {"prompt": "a storm", "seed": 7, "image": url, "prompt_strength": 0.6, **inputs}
    return await lab.submit(model=model, model_id=model, source_image_url=url, generation_strength=0.6, input=asked)


async def test_the_picture_itself_is_sent_and_the_row_keeps_its_address(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    async with serving(giving(sample("jpeg"))) as port:
        url = f"http://127.0.0.1:{port}/cat.png"
        generation_id = await submit(lab, url)
        await hands.buy()
    (bought,) = lab.sold()
    sent = f"data:image/jpeg;base64,{base64.b64encode(sample('jpeg')).decode()}"
    assert bought.input == {"prompt": "a storm", "seed": 7, "image": sent, "prompt_strength": 0.6}
    await lab.rung(Bell.COLLECT)
    await hands.develop()
    row = await lab.row(generation_id)
    assert (statuses(row), row.source_image_url, row.input["image"]) == (DEVELOPED, url, url)


async def test_a_model_that_wants_a_list_gets_one(lab: Lab, painter: Caller, hands: Hands) -> None:
    seedream = "bytedance/seedream-4"
    async with serving(giving(sample("webp"))) as port:
        url = f"http://127.0.0.1:{port}/cat"
        asked = {"prompt": "a storm", "image_input": [url], "size": "1K"}
        await lab.submit(model=seedream, model_id=seedream, source_image_url=url, input=asked)
        await hands.buy()
    (bought,) = lab.sold()
    (sent,) = bought.input["image_input"]
    assert sent.startswith("data:image/webp;base64,")


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (giving(status=404), "the source picture cannot be used: 127.0.0.1 answered 404"),
        (giving(b"<html>"), "the source picture cannot be used: it is not a picture; it is a web page"),
    ],
)
async def test_a_source_that_cannot_be_used_fails_at_once_and_nothing_is_bought(
    lab: Lab, painter: Caller, hands: Hands, handler: Handler, reason: str
) -> None:
    async with serving(handler) as port:
        generation_id = await submit(lab, f"http://127.0.0.1:{port}/cat.png")
        await hands.buy()
    row = await lab.row(generation_id)
    assert (statuses(row), row.error_message, row.due_at) == (["queued", "processing", "failed"], reason, None)
    assert lab.sold() == []
    await lab.rung(Bell.START)  # its slot is free


async def test_a_source_inside_is_refused_where_nothing_is_allowed(lab: Lab, painter: Caller) -> None:
    asked = []

    async def answer(request: web.BaseRequest) -> web.Response:
        asked.append(request.path)
        return web.Response(body=sample("png"))

    async with serving(answer) as port, lab.hands() as strict:
        generation_id = await submit(lab, f"http://127.0.0.1:{port}/cat.png")
        await strict.buy()
    row = await lab.row(generation_id)
    assert (row.status, asked, lab.sold()) == ("failed", [], [])
    assert row.error_message == "the source picture cannot be used: 127.0.0.1 is not on the public internet"


async def test_a_host_that_is_away_is_asked_again_and_costs_no_attempt(lab: Lab, painter: Caller, hands: Hands) -> None:
    statuses_to_come = [503, 200]

    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response(body=sample("png"), status=statuses_to_come.pop(0))

    async with serving(answer) as port:
        generation_id = await submit(lab, f"http://127.0.0.1:{port}/cat.png")
        await hands.buy()
        row = await lab.row(generation_id)
        assert (row.status, row.attempt_number, row.retry_count) == ("pending", 0, 1)
        assert row.timeline[-1]["why"] == "the source picture could not be fetched: 127.0.0.1 answered 503"
        assert lab.sold() == []
        await lab.age()
        await hands.retry()
    assert len(lab.sold()) == 1
    await lab.rung(Bell.COLLECT)
    await hands.develop()
    row = await lab.row(generation_id)
    assert (row.status, row.attempt_number) == ("completed", 1)


async def test_a_host_that_stays_away_is_given_up(lab: Lab, painter: Caller, hands: Hands) -> None:
    async with serving(giving(status=503)) as port:
        generation_id = await submit(lab, f"http://127.0.0.1:{port}/cat.png")
        await hands.buy()
        for _ in range(LOOKS_AT_SOURCE - 1):
            assert (await lab.row(generation_id)).status == "pending"
            await lab.age()
            await hands.retry()
    row = await lab.row(generation_id)
    assert (row.status, lab.sold()) == ("failed", [])
    assert row.error_message == "the source picture could not be fetched in 6 tries: 127.0.0.1 answered 503"


async def test_a_purchase_with_a_source_is_found_again_in_the_list(lab: Lab, painter: Caller, hands: Hands) -> None:
    """Its answer is lost. The list shows the picture itself where the row has its address."""
    await painter.faults({"fault": "reset_after", "times": 1}, {"fault": "lost_webhook"})
    async with serving(giving(sample("png"))) as port:
        generation_id = await submit(lab, f"http://127.0.0.1:{port}/cat.png")
        await hands.buy()
    (bought,) = lab.sold()
    row = await lab.row(generation_id)
    assert (row.status, row.replicate_prediction_id) == ("processing", None)
    await painter.finished(bought.id)
    await lab.age(60)
    await hands.watcher.look()
    await lab.rung(Bell.COLLECT)
    await hands.develop()
    row = await lab.row(generation_id)
    assert (statuses(row), row.replicate_prediction_id, len(lab.sold())) == (DEVELOPED, bought.id, 1)
