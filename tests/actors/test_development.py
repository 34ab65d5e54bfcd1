"""A generation from queued to completed: the parts together, one step at a time."""

from base64 import b64encode
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from pipeline.callback_address import CallbackAddresses
from pipeline.doorbell import Bell
from pipeline.media.picture import examine
from tests.actors.lab import Hands, Lab
from tests.pipeline.media.samples import sample
from tests.pipeline.providers.painter.caller import Caller
from tests.pipeline.providers.replicate.liar import lying
from tests.rows import statuses

DEVELOPED = ["queued", "processing", "downloading", "completed"]


async def test_a_picture_is_developed_and_served(lab: Lab, painter: Caller, hands: Hands) -> None:
    generation_id = await lab.submit()
    await hands.buy()
    await lab.rung(Bell.COLLECT)
    await hands.collect.turns.take()
    await lab.rung(Bell.STORE)
    await hands.keep()
    row = await lab.row(generation_id)
    (bought,) = lab.sold()
    assert statuses(row) == DEVELOPED
    assert [entry["v"] for entry in row.timeline] == [1, 2, 3, 4]
    assert (row.attempt_number, row.retry_count, row.progress, row.due_at) == (1, 0, 100, None)
    assert row.error_message is None
    assert row.replicate_prediction_id == bought.id
    assert row.generation_time_seconds > 0
    assert row.completed_at is not None
    (image,) = await lab.images(generation_id)
    assert (image.idx, image.width, image.height, image.format) == (0, 256, 256, "png")
    async with aiohttp.request("GET", image.public_url) as answer:
        data = await answer.read()
    assert (answer.status, answer.content_type, len(data)) == (200, "image/png", image.file_size)
    assert examine(data).width == 256


@pytest.mark.parametrize("count", [2, 4])
async def test_several_outputs_keep_their_order(lab: Lab, hands: Hands, count: int) -> None:
    inputs = {"prompt": "a lake", "seed": 7, "num_outputs": count, "width": 64, "height": 64}
    async with lab.painting(prepared=False) as painter:
        generation_id = await lab.submit(num_outputs=count, input=inputs, model_id="somebody/some-model")
        await hands.buy()
        await lab.rung(Bell.COLLECT)
        await hands.develop()
        images = await lab.images(generation_id)
        (bought,) = lab.sold()
        painted = [(await painter.output(f"{painter.origin}/outputs/{bought.id}/{name}"))[2] for name in bought.outputs]
    assert [image.idx for image in images] == list(range(count))
    kept = [(lab.settings.home / "pictures" / image.storage_path).read_bytes() for image in images]
    assert kept == painted
    assert len({image.id for image in images}) == len(set(kept)) == count
    assert (await lab.row(generation_id)).status == "completed"


async def test_a_purchase_that_is_finished_in_its_answer_needs_no_webhook(lab: Lab) -> None:
    async def answer(_: web.BaseRequest) -> web.Response:
        output = f"data:image/png;base64,{b64encode(sample('png')).decode()}"
        return web.json_response({"id": "p1", "status": "succeeded", "output": output}, status=201)

    async with lying(answer) as liar, lab.hands(replicate_api_url=liar.url) as hands:
        generation_id = await lab.submit()
        await hands.buy()
        await lab.rung(Bell.COLLECT)
        await hands.develop()
    row = await lab.row(generation_id)
    assert (statuses(row), row.replicate_prediction_id) == (DEVELOPED, "p1")


async def test_the_purchase_says_where_to_call_back_and_what_to_paint(lab: Lab, painter: Caller, hands: Hands) -> None:
    inputs: dict[str, Any] = {"prompt": "a storm", "seed": 7, "guidance_scale": 3.5}
    generation_id = await lab.submit(input=inputs, model_version="owner/name:" + "a" * 64)
    await hands.buy()
    (bought,) = lab.sold()
    addresses = CallbackAddresses(lab.engine)
    assert bought.webhook == await addresses.address(lab.settings.web_url, "replicate", generation_id, 1)
    assert (bought.input, bought.model, bought.version) == (inputs, "owner/name", "a" * 64)


async def test_no_more_is_bought_than_the_lane_takes_and_a_freed_slot_is_rung_for(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    await lab.cap(2)
    ids = [await lab.submit() for _ in range(3)]
    await hands.buy()
    assert [(await lab.row(id_)).status for id_ in ids] == ["processing", "processing", "queued"]
    assert len(lab.sold()) == 2
    await lab.rung(Bell.COLLECT)
    await hands.collect.turns.take()
    await lab.rung(Bell.START)
