"""Failover inside one generation: the next provider is asked when a lane is down or refuses, and never both."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from redis.asyncio import Redis
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.breaker import note_failure
from pipeline.cancel import cancel
from pipeline.claim import claim_queued
from pipeline.doorbell import Bell
from pipeline.embedded.ports import any_free_port
from pipeline.lanes import pause_lane
from pipeline.retry import retry
from pipeline.settings import Settings
from pipeline.statements import fetch, statement
from tests.actors.lab import Hands, Lab
from tests.actors.providers import PRICES, faults, routed, sold, sold_by, three_providers
from tests.pipeline.providers.painter.caller import Caller
from tests.rows import statuses
from tests.web_process import web_process

BOTH = ("replicate", "fal")
_LANES = statement("INSERT INTO lanes (provider, cap) VALUES ('fal', 64), ('openai', 64) RETURNING cap")
_FAIL = statement(
    "UPDATE lanes SET failures = :failures, trouble = 'no answer' WHERE provider = :provider RETURNING cap"
)


@pytest.fixture
async def lab(settings: Settings, engine: AsyncEngine, redis: Redis) -> AsyncIterator[Lab]:
    """A web process of three providers, and an address at which no painter listens yet."""
    await fetch(engine, _LANES)
    chosen = settings.model_copy(update=three_providers(any_free_port()))
    async with web_process(chosen):
        yield Lab(chosen, engine, redis)


def stops(row: Row[Any]) -> list[str]:
    """The providers that were asked, in order."""
    return [entry["provider"] for entry in row.timeline if entry["status"] == "processing"]


async def completed(lab: Lab, hands: Hands, generation_id: UUID) -> Row[Any]:
    """The row once its prediction was rung for and its pictures are stored."""
    await lab.rung(Bell.COLLECT)
    await hands.develop()
    row = await lab.row(generation_id)
    assert row.status == "completed", row.timeline
    return row


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


async def test_what_waits_behind_an_open_breaker_is_bought_elsewhere_and_the_line_stays_where_it_is(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    single = await lab.submit(**routed("replicate"))
    waiting = [await lab.submit(**routed(*BOTH)) for _ in range(3)]
    await lab.cap(2)
    for _ in range(5):
        row = await lab.row(single)
        await note_failure(lab.engine, "replicate", row.created_at, "the provider answered 503")
    await hands.sweep()
    await lab.rung(Bell.START)
    await hands.buy()
    rows = [await lab.row(one) for one in waiting]
    assert [row.provider for row in rows] == ["fal", "fal", "replicate"], "only as many as fal's cap lets in"
    assert rows[0].timeline[-1]["why"] == "bought elsewhere, as replicate is down: the provider answered 503"
    assert (rows[0].lane, rows[0].price) == ("", {"picture": PRICES["fal"]})
    assert (rows[2].status, (await lab.row(single)).status) == ("queued", "queued")
    await fetch(lab.engine, _FAIL, provider="replicate", failures=0)
    await lab.age()
    await hands.buy()
    assert [(await lab.row(one)).provider for one in (waiting[2], single)] == ["replicate", "replicate"]
    assert sold(lab.settings.home) == {"replicate": 2, "fal": 2, "openai": 0}


async def test_a_paused_lane_gives_way_and_so_does_one_whose_credentials_are_gone(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    await pause_lane(lab.engine, "replicate", "", paused=True)
    generation_id = await lab.submit(**routed("replicate", "openai", "fal"))
    await fetch(lab.engine, statement("UPDATE lanes SET served = false WHERE provider = 'openai' RETURNING cap"))
    async with lab.hands(openai_api_key=None) as fewer:
        await fewer.buy()
    row = await lab.row(generation_id)
    assert (row.provider, row.timeline[-1]["why"]) == ("fal", "bought elsewhere, as replicate is paused")


async def test_a_model_lane_of_the_next_provider_keeps_its_cap(lab: Lab, painter: Caller, hands: Hands) -> None:
    await fetch(
        lab.engine,
        statement("INSERT INTO lanes (provider, model_id, cap) VALUES ('fal', :model, 1) RETURNING cap"),
        model="black-forest-labs/flux-schnell",
    )
    await fetch(lab.engine, _FAIL, provider="replicate", failures=9)
    await pause_lane(lab.engine, "replicate", "", paused=True)
    await faults(painter, "fal", {"fault": "slow", "seconds": 60})
    for _ in range(3):
        await lab.submit(**routed(*BOTH))
    await hands.buy()
    await hands.buy()
    assert sold(lab.settings.home)["fal"] == 1


async def test_a_row_that_knows_a_prediction_waits_for_its_own_provider(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    generation_id = await lab.submit(**routed(*BOTH))
    await lab.by_hand(f"UPDATE image_generations SET replicate_prediction_id = 'p1' WHERE id = '{generation_id}'")
    await pause_lane(lab.engine, "replicate", "", paused=True)
    await hands.buy()
    assert (await lab.row(generation_id)).status == "queued"


async def test_a_worker_that_dies_between_two_providers_has_bought_nothing(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    """Sent on to fal, claimed there, and dead before fal was asked: the mark says that nobody was."""
    await faults(painter, "replicate", {"fault": "error", "status": 402})
    generation_id = await lab.submit(**routed(*BOTH))
    await hands.buy()
    (claimed,) = await claim_queued(lab.engine, "fal", 1, lease=4)
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
    await hands.buy()
    done = {"status": "succeeded", "output": ["http://127.0.0.1/0.png"]}
    commit = hands.resources.callbacks.commit
    assert not await commit(generation_id, 1, "stray", done, provider="replicate")
    row = await lab.row(generation_id)
    assert (row.provider, row.possible_double_charge, "stray" in row.past_predictions) == ("fal", 1, True)


async def test_five_failures_open_the_breaker_of_the_first_and_the_rest_never_asks_it(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    await faults(painter, "replicate", {"fault": "reset_before"})
    rows = [await lab.submit(**routed(*BOTH)) for _ in range(5)]
    await hands.buy()
    more = [await lab.submit(**routed(*BOTH)) for _ in range(5)]
    await hands.buy()
    assert [stops(await lab.row(one)) for one in more] == [["fal"]] * 5
    await lab.age(lab.settings.lease_seconds)
    await faults(painter, "replicate")
    await hands.watcher.look()
    await hands.buy()
    asked = [stops(await lab.row(one)) for one in rows]
    assert all(one[0] == "replicate" and one[-1] == "fal" for one in asked), asked
    assert sold(lab.settings.home) == {"replicate": 0, "fal": 10, "openai": 0}


async def test_a_synchronous_provider_takes_over_and_its_call_outlives_the_lease(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    """Longer than a lease: the worker renews it, so the watcher takes nothing away."""
    await faults(painter, "replicate", {"fault": "error", "status": 402})
    await faults(painter, "openai", {"fault": "slow", "seconds": 3})
    generation_id = await lab.submit(**routed("replicate", "openai"))
    async with lab.hands(lease_seconds=1.0) as quick:
        await quick.buy()
        await quick.start.turns.take()
        async with asyncio.timeout(10):
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
