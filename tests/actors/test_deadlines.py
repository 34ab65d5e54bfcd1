"""Deadlines: what is too late is not begun, and what is running then is stopped; a picture that is there is kept."""

from datetime import UTC, datetime, timedelta

from pipeline.claim import claim_queued
from pipeline.doorbell import Bell
from pipeline.retry import retry
from tests.actors.lab import Hands, Lab
from tests.actors.pictures import check_completed
from tests.pipeline.providers.painter.caller import Caller
from tests.rows import statuses


def soon() -> datetime:
    """An hour from now."""
    return datetime.now(UTC) + timedelta(hours=1)


async def passed(lab: Lab) -> None:
    """Every deadline has passed."""
    await lab.by_hand("UPDATE image_generations SET deadline = now() - interval '1 second'")


async def test_a_queued_one_fails_when_its_deadline_passes(lab: Lab, hands: Hands) -> None:
    generation_id = await lab.submit(deadline=soon())
    await passed(lab)
    assert await claim_queued(lab.engine, {"replicate": 1}, lease=30) == []
    await lab.age()
    await hands.sweep()
    row = await lab.row(generation_id)
    assert (statuses(row), row.due_at) == (["queued", "failed"], None)
    assert row.error_message == "the deadline passed before it was begun"


async def test_one_that_backs_off_is_failed_at_its_deadline_and_not_after(lab: Lab, hands: Hands) -> None:
    deadline = datetime.now(UTC) + timedelta(milliseconds=200)
    generation_id = await lab.submit(deadline=deadline)
    await hands.buy()  # there is no provider
    row = await lab.row(generation_id)
    assert (row.status, row.due_at) == ("pending", row.deadline)


async def test_a_running_one_fails_and_its_meter_is_stopped(lab: Lab, painter: Caller, hands: Hands) -> None:
    await painter.faults({"fault": "slow", "seconds": 60})
    generation_id = await lab.submit(deadline=soon())
    await hands.buy()
    await passed(lab)
    await lab.age()
    await hands.watcher.look()
    row = await lab.row(generation_id)
    assert (row.status, row.error_message) == ("failed", "the deadline passed before the picture was there")
    await lab.rung(Bell.CANCEL)
    await hands.stop()
    assert (await lab.row(generation_id)).due_at is None
    assert [bought.status for bought in lab.sold()] == ["canceled"]


async def test_a_picture_that_was_developed_in_time_is_stored_after_it(lab: Lab, painter: Caller, hands: Hands) -> None:
    generation_id = await lab.submit(deadline=soon())
    await hands.buy()
    await lab.rung(Bell.COLLECT)
    await passed(lab)
    await hands.develop()
    await check_completed(lab, generation_id)


async def test_a_retry_after_the_deadline_is_refused(lab: Lab, hands: Hands) -> None:
    generation_id = await lab.submit(deadline=soon())
    await passed(lab)
    await lab.age()
    await hands.sweep()
    assert await retry(lab.engine, generation_id) is None
