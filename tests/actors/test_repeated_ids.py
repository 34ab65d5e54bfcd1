"""A gateway that caches answers a purchase with another one's id: nobody is lost, bought twice, or left hanging."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from actors.unheard import LEASES
from pipeline.callback import Callbacks
from pipeline.statements import execute, fetch, statement
from tests.actors.lab import Hands, Lab
from tests.actors.odd_provider import OddProvider, selling
from tests.actors.providers import routed, three_providers
from tests.rows import statuses

DEVELOPED = ["queued", "processing", "downloading", "completed"]
_LANES = statement("INSERT INTO lanes (provider, cap) VALUES ('fal', 64), ('openai', 64) RETURNING cap")


def _port(lab: Lab) -> int:
    return int(lab.settings.replicate_api_url.rpartition(":")[2])


@pytest.fixture
async def odd(lab: Lab) -> AsyncIterator[OddProvider]:
    """A provider behind a cache: every purchase is sold, and answered with the first one's id."""
    async with selling(_port(lab), id_of=lambda _: "p0") as provider:
        provider.output = lambda nth: [provider.picture(nth)]
        yield provider


async def after_the_leases(lab: Lab, hands: Hands) -> None:
    """Let every lease end, and the watcher find out."""
    await lab.age(lab.settings.lease_seconds)
    await hands.watcher.look()
    await hands.develop()


async def test_each_gets_its_own_prediction_from_the_list(lab: Lab, odd: OddProvider, hands: Hands) -> None:
    first, second = await lab.submit(), await lab.submit()
    await hands.buy()
    await after_the_leases(lab, hands)
    await after_the_leases(lab, hands)
    rows = [await lab.row(one) for one in (first, second)]
    assert [statuses(row) for row in rows] == [DEVELOPED, DEVELOPED]
    assert sorted(row.replicate_prediction_id for row in rows) == ["p0", "p1"]
    assert {row.possible_double_charge for row in rows} == {0}
    for row in rows:
        (bought,) = (one for one in odd.sold if one["id"] == row.replicate_prediction_id)
        assert bought["input"]["seed"] == row.input["seed"], "no picture of somebody else's"


async def test_what_the_cache_kept_from_the_provider_is_bought_again(lab: Lab, odd: OddProvider, hands: Hands) -> None:
    first = await lab.submit()
    await hands.buy()
    second = await lab.submit()
    await hands.buy()
    odd.sold.pop()  # the cache answered, and nobody sold anything
    await after_the_leases(lab, hands)
    row = await lab.row(second)
    assert (row.status, row.replicate_prediction_id, row.possible_double_charge) == ("pending", None, 0)
    assert "another generation" in row.timeline[-1]["why"]
    odd.id_of = "p{}".format
    await lab.age()
    await hands.retry()
    await after_the_leases(lab, hands)
    assert [(await lab.row(one)).status for one in (first, second)] == ["completed", "completed"]
    assert len(odd.sold) == 2


async def test_pictures_in_the_answer_are_kept_whatever_its_id(lab: Lab, odd: OddProvider) -> None:
    await fetch(lab.engine, _LANES)
    odd.output = lambda nth: {"data": [{"url": odd.picture(nth)}]}
    async with lab.hands(**three_providers(_port(lab))) as hands:
        ids = [await lab.submit(**routed("openai")) for _ in range(3)]
        await hands.buy()
        await hands.develop()
        rows = [await lab.row(one) for one in ids]
    assert [statuses(row) for row in rows] == [DEVELOPED] * 3
    assert len({row.replicate_prediction_id for row in rows}) == 3
    assert {(row.possible_double_charge, float(row.cost)) for row in rows} == {(0, 0.06)}
    assert len(odd.sold) == 3


async def test_at_a_queue_without_a_list_the_second_is_told_of_and_not_bought_again(lab: Lab, odd: OddProvider) -> None:
    await fetch(lab.engine, _LANES)
    odd.output = lambda nth: {"images": [{"url": odd.picture(nth)}]}
    async with lab.hands(**three_providers(_port(lab))) as hands:
        first, second = [await lab.submit(**routed("fal")) for _ in range(2)]
        await hands.buy()
        await after_the_leases(lab, hands)
        done = {one: (await lab.row(one)).status for one in (first, second)}
        assert sorted(done.values()) == ["completed", "processing"]
        (waiting,) = (one for one, status in done.items() if status == "processing")
        # Its webhook would bring its own id. None comes.
        late = LEASES * lab.settings.lease_seconds
        await execute(
            lab.engine,
            statement("UPDATE image_generations SET asked_at = asked_at - make_interval(secs => :late)"),
            late=late,
        )
        await after_the_leases(lab, hands)
        row = await lab.row(waiting)
    assert (row.status, row.possible_double_charge, len(odd.sold)) == ("failed", 1, 2)
    assert "another generation" in row.error_message


async def test_its_own_id_again_does_not_hang(lab: Lab, odd: OddProvider, hands: Hands) -> None:
    """The second attempt is answered with the id of the first one, which has come to nothing."""
    generation_id = await lab.submit(max_attempts=2)
    odd.output = None
    await hands.buy()
    await lab.age()
    await hands.watcher.look()
    await hands.develop()
    assert (await lab.row(generation_id)).past_predictions == ["p0"]
    odd.output = lambda nth: [odd.picture(nth)]
    await lab.age()
    await hands.retry()
    await after_the_leases(lab, hands)
    row = await lab.row(generation_id)
    assert (row.status, row.replicate_prediction_id, row.possible_double_charge) == ("completed", "p1", 0)


async def test_a_webhook_with_anothers_prediction_is_taken_by_none(lab: Lab, odd: OddProvider, hands: Hands) -> None:
    first = await lab.submit()
    await hands.buy()
    second, third = await lab.submit(), await lab.submit()
    odd.id_of = "p{}".format
    await hands.buy()
    record: dict[str, Any] = {"status": "succeeded", "output": [odd.picture()], "seconds": 2.0}
    callbacks = Callbacks(lab.engine)

    def told(generation_id: Any, prediction_id: str) -> Any:
        return callbacks.commit(generation_id, 1, prediction_id, record, provider="replicate")

    taken = await asyncio.gather(told(second, "p0"), told(first, "p0"), told(third, "p2"))
    assert list(taken) == [False, True, True]
    row = await lab.row(second)
    assert (row.prediction, row.possible_double_charge) == (None, 0)
