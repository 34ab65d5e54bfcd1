"""Predictions that end without a picture: another attempt, or a reason."""

import asyncio

import pytest

from pipeline.doorbell import Bell
from tests.actors.lab import PATIENCE, Hands, Lab
from tests.pipeline.providers.painter.caller import Caller
from tests.rows import statuses

ATTEMPT = ["processing", "pending", "queued"]


async def judged(lab: Lab, hands: Hands) -> None:
    """Buy what is queued, and judge it once its prediction is rung for."""
    await hands.buy()
    await lab.rung(Bell.COLLECT)
    await hands.develop()


async def test_a_failed_prediction_is_bought_again_and_completed(lab: Lab, painter: Caller, hands: Hands) -> None:
    await painter.faults({"fault": "fail", "message": "CUDA out of memory", "times": 1})
    generation_id = await lab.submit()
    await judged(lab, hands)
    row = await lab.row(generation_id)
    assert (row.status, row.attempt_number) == ("pending", 1)
    assert "CUDA out of memory" in row.timeline[-1]["why"]
    await lab.age()
    await hands.sweep()
    await judged(lab, hands)
    row = await lab.row(generation_id)
    assert statuses(row) == ["queued", *ATTEMPT, "processing", "downloading", "completed"]
    assert [entry["attempt"] for entry in row.timeline] == [0, 1, 1, 1, 2, 2, 2]
    assert (row.error_message, row.replicate_prediction_id) == (None, lab.sold()[1].id)
    assert len(lab.sold()) == 2


@pytest.mark.parametrize("message", ["NSFW content detected. Try another prompt.", "Blocked by the safety checker"])
async def test_refused_content_fails_at_once(lab: Lab, painter: Caller, hands: Hands, message: str) -> None:
    await painter.faults({"fault": "fail", "message": message})
    generation_id = await lab.submit()
    await judged(lab, hands)
    row = await lab.row(generation_id)
    assert (row.status, row.error_message) == ("failed", f"the provider refused the content: {message}")
    assert len(lab.sold()) == 1


async def test_attempts_run_out(lab: Lab, painter: Caller, hands: Hands) -> None:
    await painter.faults({"fault": "fail", "message": "CUDA out of memory"})
    generation_id = await lab.submit(max_attempts=2)
    await judged(lab, hands)
    await lab.age()
    await hands.sweep()
    await judged(lab, hands)
    row = await lab.row(generation_id)
    assert statuses(row) == ["queued", *ATTEMPT, "processing", "failed"]
    assert "2 of 2 attempts" in row.error_message
    assert "CUDA out of memory" in row.error_message
    assert (len(lab.sold()), await lab.images(generation_id)) == (2, [])


async def test_a_prediction_cancelled_at_the_provider_is_not_bought_again(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    await painter.faults({"fault": "slow", "seconds": 60})
    generation_id = await lab.submit()
    await hands.buy()
    (bought,) = lab.sold()
    await painter.ask("POST", f"/v1/predictions/{bought.id}/cancel")
    await lab.rung(Bell.COLLECT)
    await hands.develop()
    row = await lab.row(generation_id)
    assert (row.status, row.error_message) == ("failed", "the prediction was canceled at the provider")


async def test_a_picture_deleted_before_anybody_heard_of_it_is_bought_again(lab: Lab, hands: Hands) -> None:
    async with lab.painting(output_ttl_seconds=0.001) as painter:
        await painter.faults({"fault": "lost_webhook"})
        generation_id = await lab.submit()
        await hands.buy()
        (bought,) = lab.sold()
        async with asyncio.timeout(PATIENCE):
            while not (await painter.get(bought.id))["data_removed"]:
                pass
        await lab.age()
        await hands.watcher.look()
        await lab.rung(Bell.COLLECT)
        await hands.develop()
    row = await lab.row(generation_id)
    assert (row.status, row.attempt_number) == ("pending", 1)
    assert "no output" in row.timeline[-1]["why"]
