"""Providers that keep no list: what was bought there is known by their own word alone."""

import asyncio
import sys

import pytest

from pipeline.cancel import cancel
from pipeline.statements import fetch, statement
from tests.actors.failover.way import completed, stops
from tests.actors.lab import Hands, Lab
from tests.actors.providers import PRICES, faults, routed, sold, sold_by
from tests.pipeline.providers.painter.caller import Caller


async def test_a_forged_webhook_of_fals_is_refused_at_the_door_and_a_doubled_one_harms_nothing(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    await faults(painter, "fal", {"fault": "forged_webhook"}, {"fault": "double_webhook"})
    generation_id = await lab.submit(**routed("fal"))
    await hands.buy()
    row = await completed(lab, hands, generation_id)
    assert (row.possible_double_charge, len(await lab.images(generation_id))) == (0, 1)


async def test_a_prediction_at_fal_whose_webhook_was_lost_is_read(lab: Lab, painter: Caller, hands: Hands) -> None:
    await faults(painter, "fal", {"fault": "lost_webhook"})
    generation_id = await lab.submit(**routed("fal"))
    await hands.buy()
    async with asyncio.timeout(10):
        while (await lab.row(generation_id)).prediction is None:
            await lab.age()
            await hands.watcher.look()
    assert (await completed(lab, hands, generation_id)).generation_time_seconds is not None


async def test_a_cancelled_prediction_at_fal_is_stopped(lab: Lab, painter: Caller, hands: Hands) -> None:
    await faults(painter, "fal", {"fault": "slow", "seconds": 60})
    generation_id = await lab.submit(**routed("fal"))
    await hands.buy()
    assert await cancel(lab.engine, generation_id) is not None
    await lab.age()
    await hands.stop()
    assert (await lab.row(generation_id)).due_at is None
    (bought,) = sold_by(lab.settings.home, "fal")
    assert bought.status == "canceled"


async def test_a_synchronous_provider_takes_over_and_its_call_outlives_the_lease(
    lab: Lab, painter: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Longer than the watcher would wait for it: the worker renews the lease, so nobody takes it for unheard."""
    monkeypatch.setattr(sys.modules["actors.unheard"], "LEASES", 1)
    await faults(painter, "replicate", {"fault": "error", "status": 402})
    await faults(painter, "openai", {"fault": "slow", "seconds": 5})
    generation_id = await lab.submit(**routed("replicate", "openai"))
    async with lab.hands(lease_seconds=2.0) as quick:
        await quick.buy()
        await quick.start.turns.take()
        async with asyncio.timeout(30):
            while (
                not sold_by(lab.settings.home, "openai") or sold_by(lab.settings.home, "openai")[0].completed_at is None
            ):
                await quick.watcher.look()
        await quick.start.close(10)
        row = await completed(lab, quick, generation_id)
    assert (stops(row), row.attempt_number, row.possible_double_charge) == (["replicate", "openai"], 1, 0)
    assert row.prediction["output"] == [], "the pictures lie in the store, not in the row"
    assert row.replicate_prediction_id == sold_by(lab.settings.home, "openai")[0].id
    assert float(row.cost) == PRICES["openai"]


@pytest.mark.parametrize("provider", ["fal", "openai"])
async def test_a_purchase_nobody_hears_of_is_not_bought_again_but_counted(
    lab: Lab, painter: Caller, hands: Hands, provider: str
) -> None:
    await faults(painter, provider, {"fault": "reset_before"})
    generation_id = await lab.submit(**routed(provider, "replicate"))
    await hands.buy()
    await lab.age(lab.settings.lease_seconds)
    await hands.watcher.look()
    assert (await lab.row(generation_id)).status == "processing", "it may have been sold: nobody else is asked"
    await fetch(
        lab.engine,
        statement(
            "UPDATE image_generations SET asked_at = asked_at - interval '40 seconds', due_at = now() RETURNING id"
        ),
    )
    await hands.watcher.look()
    row = await lab.row(generation_id)
    assert (row.status, row.possible_double_charge, row.due_at) == ("failed", 1, None)
    assert "may have been paid for" in row.error_message
    assert sold(lab.settings.home) == {"replicate": 0, "fal": 0, "openai": 0}


async def test_a_purchase_at_fal_whose_answer_was_lost_is_bound_by_its_webhook(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    await faults(painter, "fal", {"fault": "reset_after"})
    generation_id = await lab.submit(**routed("fal", "replicate"))
    await hands.buy()
    row = await completed(lab, hands, generation_id)
    assert row.replicate_prediction_id == sold_by(lab.settings.home, "fal")[0].id
    assert sold(lab.settings.home) == {"replicate": 0, "fal": 1, "openai": 0}


async def test_a_cancelled_call_is_heard_to_its_end_and_booked(lab: Lab, painter: Caller, hands: Hands) -> None:
    """Nothing stops a synchronous provider: the row is cancelled at once, and what it cost is booked."""
    await faults(painter, "openai", {"fault": "slow", "seconds": 1})
    generation_id = await lab.submit(**routed("openai"))
    await hands.start.turns.take()
    async with asyncio.timeout(10):
        while not sold_by(lab.settings.home, "openai"):
            await hands.watcher.look()
    assert await cancel(lab.engine, generation_id) is not None
    await hands.start.close(10)
    row = await lab.row(generation_id)
    assert (row.status, row.due_at, float(row.cost)) == ("cancelled", None, PRICES["openai"])


async def test_cancelled_calls_keep_their_places_in_the_lane(lab: Lab, painter: Caller, hands: Hands) -> None:
    """27 pictures were under way at once in a lane of two: whoever cancelled each had the next one bought."""
    await faults(painter, "openai", *[{"fault": "slow", "seconds": 3}] * 3)
    await fetch(lab.engine, statement("UPDATE lanes SET cap = 1 WHERE provider = 'openai' RETURNING cap"))
    first, second = [await lab.submit(**routed("openai")) for _ in range(2)]
    await hands.start.turns.take()
    async with asyncio.timeout(10):
        while not sold_by(lab.settings.home, "openai"):
            await hands.watcher.look()
    assert await cancel(lab.engine, first) is not None
    await hands.start.turns.take()
    assert (await lab.row(second)).status == "queued"
    await hands.start.close(10)
    assert [(await lab.row(one)).status for one in (first, second)] == ["cancelled", "queued"]
    await hands.start.turns.take()
    assert (await lab.row(second)).status == "processing"
    await hands.start.close(10)
