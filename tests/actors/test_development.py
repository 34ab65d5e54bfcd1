"""A generation from queued to completed: the parts together, one step at a time."""

import aiohttp
import pytest

from pipeline.doorbell import Bell
from pipeline.media.picture import examine
from pipeline.providers.painter.ledger import LEDGER_FILE, Sold, read_ledger
from tests.actors.lab import Hands, Lab
from tests.pipeline.providers.painter.caller import Caller
from tests.rows import statuses

DEVELOPED = ["queued", "processing", "downloading", "completed"]


def sold(lab: Lab) -> list[Sold]:
    """Everything the painter has sold."""
    return read_ledger(lab.settings.home / "painter" / LEDGER_FILE)


async def test_a_picture_is_developed_and_served(lab: Lab, painter: Caller, hands: Hands) -> None:
    generation_id = await lab.submit()
    await hands.buy()
    await lab.rung(Bell.COLLECT)
    await hands.collect.turns.take()
    await lab.rung(Bell.STORE)
    await hands.keep()
    row = await lab.row(generation_id)
    (bought,) = sold(lab)
    assert statuses(row) == DEVELOPED
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
        generation_id = await lab.submit(num_outputs=count, input=inputs)
        await hands.buy()
        await lab.rung(Bell.COLLECT)
        await hands.develop()
        images = await lab.images(generation_id)
        (bought,) = sold(lab)
        painted = [(await painter.output(f"{painter.origin}/outputs/{bought.id}/{name}"))[2] for name in bought.outputs]
    assert [image.idx for image in images] == list(range(count))
    kept = [(lab.settings.home / "pictures" / image.storage_path).read_bytes() for image in images]
    assert kept == painted
    assert len({image.id for image in images}) == len(set(kept)) == count
    assert (await lab.row(generation_id)).status == "completed"


async def test_a_claim_takes_no_more_than_the_lane_and_the_freed_slot_is_rung_for(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    await lab.cap(2)
    ids = [await lab.submit() for _ in range(3)]
    await hands.buy()
    assert [(await lab.row(id_)).status for id_ in ids] == ["processing", "processing", "queued"]
    await lab.rung(Bell.COLLECT)
    await hands.collect.turns.take()
    await lab.rung(Bell.START)


async def test_an_answer_that_is_finished_at_once_is_collected_without_a_webhook(lab: Lab, hands: Hands) -> None:
    async with lab.painting(seconds="0") as painter:
        await painter.faults({"fault": "lost_webhook"})
        generation_id = await lab.submit()
        await hands.buy()
        (bought,) = sold(lab)
        await painter.finished(bought.id)
        await lab.age()
        await hands.watcher.look()
        await lab.rung(Bell.COLLECT)
        await hands.develop()
    assert statuses(await lab.row(generation_id)) == DEVELOPED
