"""What was paid for is kept: outputs of every shape, and those that nobody can read."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest

from pipeline.retry import retry
from pipeline.statements import fetch, statement
from tests.actors.lab import Hands, Lab
from tests.actors.odd_provider import OddProvider, selling
from tests.actors.providers import routed, three_providers
from tests.pipeline.media.samples import sample
from tests.rows import statuses

PNG = base64.b64encode(sample("png")).decode()
PRICE = {"price": {"picture": 0.25}, "estimated_cost": 0.25}
FAILED = ["queued", "processing", "failed"]
DEVELOPED = ["queued", "processing", "downloading", "completed"]
_LANES = statement("INSERT INTO lanes (provider, cap) VALUES ('fal', 64), ('openai', 64) RETURNING cap")
UNREADABLE = {"result": {"checkpoint": "s3://bucket/picture.bin", "note": "all is well"}}


@pytest.fixture
async def odd(lab: Lab) -> AsyncIterator[OddProvider]:
    """An odd provider where the painter would listen."""
    async with selling(_port(lab)) as provider:
        yield provider


def _port(lab: Lab) -> int:
    return int(lab.settings.replicate_api_url.rpartition(":")[2])


async def heard(lab: Lab, hands: Hands, generation_id: Any) -> Any:
    """The row once its provider was asked, and what it brought was collected and stored."""
    await hands.buy()
    await lab.age()
    await hands.watcher.look()
    await hands.develop()
    await hands.develop()
    return await lab.row(generation_id)


@pytest.mark.parametrize("shape", ["list of objects", "mapping", "wrapped", "object", "json", "empty beside url"])
async def test_a_picture_in_any_shape_is_stored(lab: Lab, odd: OddProvider, hands: Hands, shape: str) -> None:
    address, lines = odd.picture(), "\n".join(PNG[at : at + 76] for at in range(0, len(PNG), 76))
    odd.output = {
        "list of objects": [{"url": address, "content_type": "image/png"}],
        "mapping": {"images": [{"url": address}], "seed": 7},
        "wrapped": {"b64_json": lines.rstrip("=")},
        "object": {"image": {"url": f" {address}\n"}},
        "json": f'["{address}"]',
        "empty beside url": [{"b64_json": "", "url": address.replace("http:", "HTTP:")}],
    }[shape]
    generation_id = await lab.submit(**PRICE)
    row = await heard(lab, hands, generation_id)
    assert (statuses(row), float(row.cost), len(odd.sold)) == (DEVELOPED, 0.25, 1)
    (image,) = await lab.images(generation_id)
    assert image.file_size == len(sample("png"))


@pytest.mark.parametrize("price", [PRICE, {"price": {"second": 0.125}, "estimated_cost": 0.5}])
async def test_what_cannot_be_read_is_booked_shown_and_bought_once(
    lab: Lab, odd: OddProvider, hands: Hands, price: dict[str, Any]
) -> None:
    odd.output = UNREADABLE
    generation_id = await lab.submit(**price)
    row = await heard(lab, hands, generation_id)
    assert (statuses(row), float(row.cost), row.possible_double_charge, row.due_at) == (FAILED, 0.25, 0, None)
    assert "s3://bucket/picture.bin" in row.error_message
    assert row.timeline[-1]["why"] == row.error_message
    assert "s3://bucket/picture.bin" in row.prediction["unreadable"]
    for _ in range(3):
        await lab.age()
        await hands.retry()
    assert (len(odd.sold), odd.reads) == (1, 2), "read by the watcher, and once more before it was given up"


async def test_several_pictures_that_cannot_be_read_cost_as_many_as_were_asked_for(
    lab: Lab, odd: OddProvider, hands: Hands
) -> None:
    odd.output = [{"filename": f"{n}.png"} for n in range(3)]
    generation_id = await lab.submit(**PRICE, num_outputs=3)
    assert float((await heard(lab, hands, generation_id)).cost) == 0.75


async def test_a_retry_reads_the_prediction_again_and_buys_nothing(lab: Lab, odd: OddProvider, hands: Hands) -> None:
    odd.output = UNREADABLE
    generation_id = await lab.submit(**PRICE)
    await heard(lab, hands, generation_id)
    assert await retry(lab.engine, generation_id) is not None
    reads = odd.reads
    row = await heard(lab, hands, generation_id)
    assert (row.status, len(odd.sold), odd.reads > reads) == ("failed", 1, True)
    # The provider has mended its answer, or a later Darkroom understands it.
    odd.output = [odd.picture()]
    assert await retry(lab.engine, generation_id) is not None
    row = await heard(lab, hands, generation_id)
    assert (row.status, float(row.cost), row.possible_double_charge, len(odd.sold)) == ("completed", 0.25, 0, 1)
    assert len(await lab.images(generation_id)) == 1


async def test_a_provider_that_has_deleted_it_is_not_paid_again(lab: Lab, odd: OddProvider, hands: Hands) -> None:
    odd.output = UNREADABLE
    generation_id = await lab.submit(**PRICE)
    await heard(lab, hands, generation_id)
    odd.output = None
    assert await retry(lab.engine, generation_id) is not None
    row = await heard(lab, hands, generation_id)
    assert (row.status, len(odd.sold)) == ("failed", 1)
    assert "s3://bucket/picture.bin" in row.error_message


async def test_an_answer_that_was_garbled_on_its_way_is_read_again_at_once(lab: Lab, odd: OddProvider) -> None:
    async with lab.hands() as hands:
        generation_id = await lab.submit(**PRICE)
        await hands.buy()
        record = {"status": "succeeded", "output": [], "unreadable": "…", "seconds": 2.0}
        assert await hands.resources.callbacks.commit(generation_id, 1, "p0", record, provider="replicate")
        odd.output = [odd.picture()]
        await hands.develop()
        await hands.develop()
        row = await lab.row(generation_id)
        assert (statuses(row), float(row.cost), odd.reads) == (DEVELOPED, 0.25, 1)


@pytest.mark.parametrize("provider", ["fal", "openai"])
async def test_other_providers_are_not_paid_again_either(lab: Lab, odd: OddProvider, provider: str) -> None:
    await fetch(lab.engine, _LANES)
    odd.output = {"data": [{"id": 7, "caption": "a lighthouse"}]}
    async with lab.hands(**three_providers(_port(lab))) as hands:
        generation_id = await lab.submit(**routed(provider))
        row = await heard(lab, hands, generation_id)
        assert (statuses(row), row.cost is not None, len(odd.sold)) == (FAILED, True, 1)
        assert row.cost > 0
        assert "a lighthouse" in row.error_message
        assert await retry(lab.engine, generation_id) is not None
        assert ((await heard(lab, hands, generation_id)).status, len(odd.sold)) == ("failed", 1)


async def test_what_is_read_again_by_a_worker_that_dies_is_read_by_the_next(lab: Lab, odd: OddProvider) -> None:
    odd.output = UNREADABLE
    async with lab.hands() as hands:
        generation_id = await lab.submit(**PRICE)
        await hands.buy()
        await lab.age()
        await hands.watcher.look()
        await hands.collect.turns.take()
        await hands.collect.pool.close(0)
    assert (await lab.row(generation_id)).status == "processing"
    async with lab.hands() as next_hands:
        await lab.age()
        await next_hands.develop()
    assert (statuses(await lab.row(generation_id)), len(odd.sold)) == (FAILED, 1)
