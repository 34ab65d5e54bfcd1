"""What start does when the provider refuses, is away, or its answer is lost."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from pipeline.doorbell import Bell
from tests.actors.lab import Hands, Lab
from tests.pipeline.providers.painter.caller import Caller
from tests.rows import statuses

AGAIN = ["queued", "processing", "pending", "queued", "processing", "downloading", "completed"]


async def completed(lab: Lab, hands: Hands, generation_id: Any) -> list[str]:
    """Once its prediction is rung for: develop it, and return the statuses it went through."""
    await lab.rung(Bell.COLLECT)
    await hands.develop()
    return statuses(await lab.row(generation_id))


@pytest.mark.parametrize(
    ("status", "reason"), [(401, "authentication token"), (402, "insufficient credit"), (422, "input was refused")]
)
async def test_a_refusal_fails_the_generation_with_its_reason(
    lab: Lab, painter: Caller, hands: Hands, status: int, reason: str
) -> None:
    await painter.faults({"fault": "error", "status": status})
    generation_id = await lab.submit()
    await hands.buy()
    row = await lab.row(generation_id)
    assert statuses(row) == ["queued", "processing", "failed"]
    assert reason in row.error_message
    assert row.timeline[-1]["why"] == row.error_message
    assert (row.due_at, row.completed_at is None) == (None, False)
    assert lab.sold() == []
    await lab.rung(Bell.START)  # its slot is free


async def test_a_provider_that_is_away_costs_no_attempt(lab: Lab, hands: Hands) -> None:
    generation_id = await lab.submit(max_attempts=1)
    await hands.buy()
    row = await lab.row(generation_id)
    assert (row.status, row.attempt_number, row.retry_count) == ("pending", 0, 1)
    assert "does not answer" in row.timeline[-1]["why"]
    assert 0 < (row.due_at - row.updated_at).total_seconds() <= 1
    await hands.sweep()
    assert (await lab.row(generation_id)).status == "pending"
    async with lab.painting():
        await lab.rung(Bell.START)
        await lab.age()
        await hands.sweep()
        await lab.rung(Bell.START)
        await hands.buy()
        assert await completed(lab, hands, generation_id) == AGAIN
    assert (await lab.row(generation_id)).attempt_number == 1
    assert len(lab.sold()) == 1


async def test_throttling_is_waited_out_and_costs_no_attempt(lab: Lab, painter: Caller, hands: Hands) -> None:
    await painter.faults({"fault": "throttle", "seconds": 30, "times": 1})
    generation_id = await lab.submit(max_attempts=1)
    await hands.buy()
    row = await lab.row(generation_id)
    assert (row.status, row.attempt_number, lab.sold()) == ("pending", 0, [])
    assert 20 < (row.due_at - datetime.now(UTC)).total_seconds() <= 30
    await lab.age()
    await hands.retry()
    assert await completed(lab, hands, generation_id) == AGAIN


async def test_a_sale_whose_answer_was_lost_is_bound_by_its_webhook(lab: Lab, painter: Caller, hands: Hands) -> None:
    await painter.faults({"fault": "reset_after"}, {"fault": "late_webhook", "seconds": 0.2})
    generation_id = await lab.submit()
    await hands.buy()
    row = await lab.row(generation_id)
    assert (row.status, row.replicate_prediction_id, row.attempt_number) == ("processing", None, 1)
    assert await completed(lab, hands, generation_id) == ["queued", "processing", "downloading", "completed"]
    (bought,) = lab.sold()
    assert (await lab.row(generation_id)).replicate_prediction_id == bought.id


async def test_a_sale_of_which_nothing_is_heard_is_found_in_the_list(lab: Lab, painter: Caller, hands: Hands) -> None:
    await painter.faults({"fault": "reset_after"}, {"fault": "lost_webhook"})
    generation_id = await lab.submit()
    await hands.buy()
    (bought,) = lab.sold()
    await painter.finished(bought.id)
    await hands.watcher.look()
    assert (await lab.row(generation_id)).replicate_prediction_id is None  # the lease still runs
    await lab.age(lab.settings.lease_seconds)
    await hands.watcher.look()
    assert await completed(lab, hands, generation_id) == ["queued", "processing", "downloading", "completed"]
    assert (await lab.row(generation_id)).replicate_prediction_id == bought.id
    assert len(lab.sold()) == 1


@pytest.mark.parametrize(
    "rule", [{"fault": "reset_before"}, {"fault": "error", "status": 500}, {"fault": "hang", "seconds": 60}]
)
async def test_when_nothing_was_sold_it_is_bought_after_the_lease(
    lab: Lab, painter: Caller, rule: dict[str, Any]
) -> None:
    await painter.faults(rule | {"times": 1})
    async with lab.hands(lease_seconds=2.0) as hands:
        generation_id = await lab.submit()
        await hands.buy()
        await hands.sweep()
        assert (await lab.row(generation_id)).status == "processing"
        assert not await lab.is_ringing(Bell.START)
        await lab.age(2.0)
        await hands.watcher.look()
        row = await lab.row(generation_id)
        assert (row.status, row.attempt_number) == ("pending", 0)  # heard to fail: the attempt is given back
        await lab.age()
        await hands.retry()
        assert await completed(lab, hands, generation_id) == AGAIN
    row = await lab.row(generation_id)
    assert (row.attempt_number, len(lab.sold())) == (1, 1)


async def test_a_worker_that_comes_too_late_to_its_lease_does_not_buy(lab: Lab, painter: Caller) -> None:
    generation_id = await lab.submit()
    async with lab.hands(lease_seconds=0.6) as hands, lab.engine.connect() as slow:
        await slow.execution_options(isolation_level="READ COMMITTED")
        await slow.execute(text("SELECT FROM lanes FOR UPDATE"))
        buying = asyncio.create_task(hands.buy())
        await slow.execute(text("SELECT pg_sleep(0.4)"))  # longer than the half of the lease that a purchase may take
        await slow.commit()
        await buying
    assert (await lab.row(generation_id)).status == "processing"
    assert lab.sold() == []
