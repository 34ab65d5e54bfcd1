"""Failover inside one generation: the next provider is asked when one is down or refuses, and never both."""

import pytest

from pipeline.claim import claim_queued
from pipeline.doorbell import Bell
from pipeline.retry import retry
from tests.actors.failover.way import BOTH, completed, stops
from tests.actors.lab import Hands, Lab
from tests.actors.providers import PRICES, faults, routed, sold
from tests.pipeline.providers.painter.caller import Caller
from tests.rows import statuses


@pytest.mark.parametrize("status", [401, 402, 404])
async def test_a_provider_that_refuses_the_account_gives_way_to_the_next(
    lab: Lab, painter: Caller, hands: Hands, status: int
) -> None:
    await faults(painter, "replicate", {"fault": "error", "status": status})
    generation_id = await lab.submit(**routed(*BOTH))
    await hands.buy()
    row = await lab.row(generation_id)
    assert statuses(row) == ["queued", "processing", "queued"]
    assert row.timeline[-1]["why"].startswith(f"replicate: the provider answered {status}")
    assert (row.provider, row.refused_by, row.attempt_number) == ("fal", ["replicate"], 0)
    await lab.rung(Bell.START)
    await hands.buy()
    row = await completed(lab, hands, generation_id)
    assert statuses(row) == ["queued", "processing", "queued", "processing", "downloading", "completed"]
    assert (stops(row), row.attempt_number) == (["replicate", "fal"], 1)
    assert sold(lab.settings.home) == {"replicate": 0, "fal": 1, "openai": 0}
    assert (float(row.cost), float(row.estimated_cost)) == (PRICES["fal"], PRICES["fal"])


async def test_a_refusal_of_the_content_is_no_reason_to_ask_elsewhere(lab: Lab, painter: Caller, hands: Hands) -> None:
    await faults(painter, "replicate", {"fault": "error", "status": 422})
    generation_id = await lab.submit(**routed(*BOTH))
    await hands.buy()
    row = await lab.row(generation_id)
    assert (row.status, stops(row)) == ("failed", ["replicate"])


async def test_who_is_refused_everywhere_hears_the_last_reason_and_may_try_again_from_the_first(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    for name in BOTH:
        await faults(painter, name, {"fault": "error", "status": 402})
    generation_id = await lab.submit(**routed(*BOTH))
    await hands.buy()
    await hands.buy()
    row = await lab.row(generation_id)
    assert (row.status, stops(row)) == ("failed", ["replicate", "fal"])
    assert "402" in row.error_message
    assert await retry(lab.engine, generation_id) is not None
    row = await lab.row(generation_id)
    assert (row.provider, row.refused_by, row.price) == ("replicate", [], {"picture": PRICES["replicate"]})
    await faults(painter, "replicate")
    await hands.buy()
    assert (await completed(lab, hands, generation_id)).provider == "replicate"


async def test_a_provider_that_is_away_gives_way_at_once_and_the_last_one_leads_back_to_the_first(
    lab: Lab, hands: Hands
) -> None:
    generation_id = await lab.submit(max_attempts=1, **routed(*BOTH))
    await hands.buy()
    row = await lab.row(generation_id)
    assert (row.status, row.provider, stops(row)) == ("queued", "fal", ["replicate"])
    assert "does not answer" in row.timeline[-1]["why"]
    await hands.buy()
    row = await lab.row(generation_id)
    assert (row.status, row.provider, row.attempt_number) == ("pending", "replicate", 0)
    async with lab.painting():
        await lab.age()
        await hands.retry()
        row = await completed(lab, hands, generation_id)
    assert (stops(row), row.attempt_number) == (["replicate", "fal", "replicate"], 1)
    assert sold(lab.settings.home) == {"replicate": 1, "fal": 0, "openai": 0}


async def test_nobody_else_is_asked_before_a_lost_answer_is_known_to_be_no_purchase(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    await faults(painter, "replicate", {"fault": "reset_before"})
    generation_id = await lab.submit(**routed(*BOTH))
    await hands.buy()
    row = await lab.row(generation_id)
    assert (row.status, row.provider) == ("processing", "replicate")
    await lab.age(lab.settings.lease_seconds)
    await hands.watcher.look()
    row = await lab.row(generation_id)
    assert (row.status, row.provider) == ("queued", "fal")
    await hands.buy()
    assert stops(await completed(lab, hands, generation_id)) == ["replicate", "fal"]
    assert sold(lab.settings.home) == {"replicate": 0, "fal": 1, "openai": 0}


async def test_a_lost_answer_that_was_a_purchase_is_adopted_and_nobody_else_is_asked(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    await faults(painter, "replicate", {"fault": "reset_after"}, {"fault": "lost_webhook"})
    generation_id = await lab.submit(**routed(*BOTH))
    await hands.buy()
    await lab.age(lab.settings.lease_seconds)
    await hands.watcher.look()
    await lab.age()
    await hands.watcher.look()
    row = await completed(lab, hands, generation_id)
    assert (stops(row), sold(lab.settings.home)) == (["replicate"], {"replicate": 1, "fal": 0, "openai": 0})


async def test_a_worker_that_dies_between_two_providers_has_bought_nothing(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    """Sent on to fal, claimed there, and dead before fal was asked: the mark says that nobody was."""
    await faults(painter, "replicate", {"fault": "error", "status": 402})
    generation_id = await lab.submit(**routed(*BOTH))
    await hands.buy()
    (claimed,) = await claim_queued(lab.engine, {"fal": 1}, lease=4)
    assert claimed.id == generation_id
    await lab.age(lab.settings.lease_seconds)
    await hands.watcher.look()
    row = await lab.row(generation_id)
    assert (row.status, row.provider) == ("pending", "fal"), "the one that has refused is not asked again"
    await lab.age()
    await hands.retry()
    await completed(lab, hands, generation_id)
    assert sold(lab.settings.home) == {"replicate": 0, "fal": 1, "openai": 0}


async def test_a_late_answer_of_the_provider_before_is_counted_and_changes_nothing(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    await faults(painter, "replicate", {"fault": "error", "status": 402})
    generation_id = await lab.submit(**routed(*BOTH))
    await hands.buy()
    done = {"status": "succeeded", "output": ["http://127.0.0.1/0.png"]}
    commit = hands.resources.callbacks.commit
    assert not await commit(generation_id, 1, "stray", done, provider="replicate")
    row = await lab.row(generation_id)
    assert (row.status, row.provider, row.prediction, row.possible_double_charge) == ("queued", "fal", None, 1)
    await hands.buy()
    assert (await completed(lab, hands, generation_id)).past_predictions == ["stray"]
