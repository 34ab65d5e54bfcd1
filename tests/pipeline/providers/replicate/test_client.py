"""Our client of Replicate, against the painter: what is bought, what is refused, what cannot be told."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline.embedded.ports import any_free_port
from pipeline.errors import NotFound, ProviderDown, ProviderRefused, ProviderThrottled, ProviderUnclear
from pipeline.providers import Prediction, Replicate
from tests.pipeline.providers.painter.caller import MODEL, Caller
from tests.pipeline.providers.replicate.conftest import Opening

INPUT = {"prompt": "a storm", "seed": 7}
QUICK_MODEL = "black-forest-labs/flux-schnell"
"""Its log is over before it is worth hearing."""
MANY = 10
"""How often a fault may bite; it must bite once."""


async def buy(replicate: Replicate, timeout: float = 5.0, **inputs: Any) -> Prediction:
    """Buy a prediction of the usual model."""
    return await replicate.create(MODEL, None, INPUT | inputs, None, timeout)


async def sold(painter: Caller) -> list[dict[str, Any]]:
    """Everything in the painter's ledger."""
    _, body = await painter.ask("GET", "/_painter/ledger")
    predictions: list[dict[str, Any]] = body["predictions"]
    return predictions


async def bites(painter: Caller) -> int:
    """How often the one fault in force has bitten: how many purchases have arrived under it."""
    _, (rule,) = await painter.ask("GET", "/_painter/faults")
    return MANY - int(rule["left"])


async def test_a_purchase_carries_what_was_asked(painter: Caller, replicate: Replicate) -> None:
    hook = "http://127.0.0.1:9/hook"
    prediction = await replicate.create(QUICK_MODEL, None, INPUT, hook, 5.0)
    (bought,) = await sold(painter)
    assert (prediction.id, prediction.status, prediction.finished) == (bought["id"], "starting", False)
    assert prediction.input == bought["input"] == INPUT
    assert (bought["model"], bought["webhook"], bought["events"]) == (QUICK_MODEL, hook, ["completed"])
    assert prediction.created_at is not None
    assert abs((datetime.now(UTC) - prediction.created_at).total_seconds()) < 60


async def test_a_version_is_bought_by_its_own_address(painter: Caller, replicate: Replicate) -> None:
    await replicate.create(MODEL, f"{MODEL}:{'a' * 64}", INPUT, None, 5.0)
    (bought,) = await sold(painter)
    assert (bought["model"], bought["version"], bought["webhook"]) == (MODEL, "a" * 64, None)


async def test_a_finished_prediction_is_read_with_its_outputs(painter: Caller, replicate: Replicate) -> None:
    created = await buy(replicate, num_outputs=3)
    await painter.finished(created.id)
    prediction = await replicate.get(MODEL, created.id)
    assert (prediction.status, prediction.progress) == ("succeeded", 99)
    assert prediction.output == [f"{painter.origin}/outputs/{created.id}/{index}.png" for index in range(3)]
    assert prediction.seconds is not None


async def test_a_running_prediction_is_cancelled(painter: Caller, replicate: Replicate) -> None:
    await painter.faults({"fault": "slow", "seconds": 60})
    created = await buy(replicate)
    assert (await replicate.cancel(MODEL, created.id)).status == "canceled"
    assert (await replicate.get(MODEL, created.id)).finished


@pytest.mark.parametrize("status", [401, 402, 422])
async def test_a_refusal_names_its_reason_and_sells_nothing(painter: Caller, replicate: Replicate, status: int) -> None:
    await painter.faults({"fault": "error", "status": status, "times": MANY})
    with pytest.raises(ProviderRefused, match=rf"answered {status}: \w+"):
        await buy(replicate)
    assert (await bites(painter), await sold(painter)) == (1, [])


async def test_throttling_is_no_sale_and_says_for_how_long(painter: Caller, replicate: Replicate) -> None:
    await painter.faults({"fault": "throttle", "seconds": 17, "times": MANY})
    with pytest.raises(ProviderThrottled) as caught:
        await buy(replicate)
    assert caught.value.retry_after == 17
    assert (await bites(painter), await sold(painter)) == (1, [])


async def test_a_provider_that_is_not_there_has_sold_nothing(opening: Opening) -> None:
    async with opening(f"http://127.0.0.1:{any_free_port()}") as replicate:
        for call in (buy(replicate), replicate.get(MODEL, "p1"), replicate.webhook_secret()):
            with pytest.raises(ProviderDown, match=r"does not answer \(ClientConnectorError\)$"):
                await call


@pytest.mark.parametrize(
    ("rule", "bought"),
    [
        ({"fault": "reset_before"}, 0),
        ({"fault": "reset_after"}, 1),
        ({"fault": "hang", "seconds": 30}, 0),
        ({"fault": "error", "status": 500}, 0),
        ({"fault": "error", "status": 502}, 0),
    ],
)
async def test_a_lost_answer_is_unclear_and_the_purchase_is_never_repeated(
    painter: Caller, replicate: Replicate, rule: dict[str, Any], bought: int
) -> None:
    # On a connection that was used before: that is where clients like to send a second time.
    await replicate.webhook_secret()
    await painter.faults(rule | {"times": MANY})
    with pytest.raises(ProviderUnclear):
        await buy(replicate, timeout=0.4)
    assert await bites(painter) == 1
    assert len(await sold(painter)) == bought


async def test_the_list_comes_in_pages_newest_first_and_from_a_moment_on(painter: Caller, replicate: Replicate) -> None:
    old = await buy(replicate)
    since = old.created_at
    assert since is not None
    bought = [(await painter.create(f"number {number}"))["id"] for number in range(205)]
    after = since + timedelta(microseconds=1)
    pages = [[prediction.id for prediction in page] async for page in replicate.list(after)]
    assert [len(page) for page in pages] == [100, 100, 5]
    assert [id_ for page in pages for id_ in page] == bought[::-1]
    async for page in replicate.list(since):
        last = page
    assert last[-1].id == old.id


async def test_nothing_bought_is_one_empty_page(replicate: Replicate) -> None:
    assert [page async for page in replicate.list(datetime.now(UTC))] == [[]]


async def test_what_the_provider_does_not_know_is_not_found(replicate: Replicate) -> None:
    with pytest.raises(NotFound):
        await replicate.get(MODEL, "nobodys")
    with pytest.raises(NotFound):
        await replicate.cancel(MODEL, "nobodys")


async def test_the_webhook_secret_is_the_painters(painter: Caller, replicate: Replicate) -> None:
    _, body = await painter.ask("GET", "/v1/webhooks/default/secret")
    assert await replicate.webhook_secret() == body["key"]


async def test_two_hundred_purchases_at_once_are_two_hundred(painter: Caller, replicate: Replicate) -> None:
    predictions = await asyncio.gather(*(buy(replicate, seed=number) for number in range(200)))
    assert {one["id"] for one in await sold(painter)} == {prediction.id for prediction in predictions}
    assert len({prediction.id for prediction in predictions}) == 200
