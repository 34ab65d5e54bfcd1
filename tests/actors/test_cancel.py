"""Called off: the row at once, the provider's meter until it has stopped, whatever was under way."""

import asyncio
from uuid import UUID

from pipeline.advance import collect_finished
from pipeline.cancel import cancel
from pipeline.claim import claim_queued
from pipeline.doorbell import Bell
from pipeline.retry import retry
from tests.actors.lab import PATIENCE, Hands, Lab
from tests.actors.pictures import downloading
from tests.pipeline.providers.painter.caller import Caller
from tests.rows import statuses


async def running(lab: Lab, hands: Hands, painter: Caller) -> UUID:
    """A generation whose prediction runs for a minute."""
    await painter.faults({"fault": "slow", "seconds": 60})
    generation_id = await lab.submit()
    await hands.buy()
    return generation_id


async def test_a_queued_one_is_cancelled_and_nothing_is_bought(lab: Lab, painter: Caller, hands: Hands) -> None:
    generation_id = await lab.submit()
    row = await cancel(lab.engine, generation_id)
    assert row is not None
    assert (row.status, row.due_at) == ("cancelled", None)
    await hands.buy()
    assert lab.sold() == []
    assert statuses(await lab.row(generation_id)) == ["queued", "cancelled"]


async def test_a_running_one_keeps_its_clock_until_the_meter_has_stopped(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    generation_id = await running(lab, hands, painter)
    row = await cancel(lab.engine, generation_id)
    assert row is not None
    assert row.due_at is not None
    assert await retry(lab.engine, generation_id) is None  # not before the last one is read to its end
    await hands.sweep()
    await lab.rung(Bell.CANCEL)
    await hands.stop()
    after = await lab.row(generation_id)
    assert (after.status, after.due_at, after.prediction["status"]) == ("cancelled", None, "canceled")
    assert [bought.status for bought in lab.sold()] == ["canceled"]


async def test_a_meter_is_stopped_when_the_provider_comes_back(lab: Lab, hands: Hands) -> None:
    async with lab.painting(seconds="60"):
        generation_id = await lab.submit()
        await hands.buy()
    await cancel(lab.engine, generation_id)
    await hands.stop()
    row = await lab.row(generation_id)
    assert row.due_at is not None
    async with lab.painting(seconds="60"):
        await lab.age()
        await hands.stop()
        row = await lab.row(generation_id)
        assert (row.due_at, [bought.status for bought in lab.sold()]) == (None, ["canceled"])


async def test_one_cancelled_while_it_is_bought_is_stopped_all_the_same(lab: Lab, painter: Caller) -> None:
    await painter.faults({"fault": "slow", "seconds": 60})
    generation_id = await lab.submit()
    async with lab.hands() as hands:
        await hands.start.turns.take()  # claimed; the purchase is under way
        await cancel(lab.engine, generation_id)
        await hands.start.close(PATIENCE)
        await lab.rung(Bell.CANCEL)
        await hands.stop()
    row = await lab.row(generation_id)
    assert (statuses(row), row.due_at) == (["queued", "processing", "cancelled"], None)
    assert [bought.status for bought in lab.sold()] == ["canceled"]


async def test_one_whose_worker_died_is_found_in_the_list_and_stopped(lab: Lab, painter: Caller, hands: Hands) -> None:
    await painter.faults({"fault": "reset_after"}, {"fault": "slow", "seconds": 60})
    generation_id = await lab.submit()
    await hands.buy()
    await cancel(lab.engine, generation_id)
    await hands.watcher.look()
    await lab.rung(Bell.CANCEL)
    await hands.stop()
    assert (await lab.row(generation_id)).due_at is None
    assert [bought.status for bought in lab.sold()] == ["canceled"]


async def test_one_for_which_nothing_was_bought_loses_its_clock_after_the_lease(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    await painter.faults({"fault": "reset_before"})
    generation_id = await lab.submit()
    await hands.buy()
    await cancel(lab.engine, generation_id)
    await hands.watcher.look()
    assert (await lab.row(generation_id)).due_at is not None  # the purchase could still be under way
    await lab.age(lab.settings.lease_seconds)
    await hands.watcher.look()
    assert ((await lab.row(generation_id)).due_at, lab.sold()) == (None, [])


async def test_a_webhook_that_says_it_has_ended_stops_the_clock(lab: Lab, painter: Caller, hands: Hands) -> None:
    generation_id = await lab.submit()
    await hands.buy()
    await lab.rung(Bell.COLLECT)
    row = await cancel(lab.engine, generation_id)
    assert row is not None
    assert (row.status, row.due_at) == ("cancelled", None)
    assert (await collect_finished(lab.engine, 5)).moved == []


async def test_a_download_that_is_called_off_ends_and_completes_nothing(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    await painter.faults({"fault": "slow_output", "seconds": 600, "times": 1})
    generation_id = await downloading(lab, hands)
    async with lab.hands(lease_seconds=0.6) as slow:
        await slow.store.turns.take()
        await cancel(lab.engine, generation_id)
        await slow.store.pool.close(PATIENCE)
    row = await lab.row(generation_id)
    assert (row.status, row.due_at, await lab.images(generation_id)) == ("cancelled", None, [])


async def test_completion_and_cancellation_at_once_have_one_winner(lab: Lab, painter: Caller, hands: Hands) -> None:
    ids = [await downloading(lab, hands) for _ in range(6)]
    await asyncio.gather(hands.keep(), *(cancel(lab.engine, id_) for id_ in ids))
    for id_ in ids:
        row = await lab.row(id_)
        assert statuses(row)[:3] == ["queued", "processing", "downloading"]
        assert statuses(row)[3:] in (["completed"], ["cancelled"])
        assert len(await lab.images(id_)) == (1 if row.status == "completed" else 0)


async def test_a_retry_after_a_cancellation_buys_anew(lab: Lab, painter: Caller, hands: Hands) -> None:
    generation_id = await running(lab, hands, painter)
    await cancel(lab.engine, generation_id)
    await hands.stop()
    await painter.faults()
    assert await retry(lab.engine, generation_id) is not None
    await hands.buy()
    await lab.rung(Bell.COLLECT)
    await hands.develop()
    row = await lab.row(generation_id)
    assert (row.status, row.attempt_number, row.possible_double_charge) == ("completed", 2, 0)
    assert [bought.status for bought in lab.sold()] == ["canceled", "succeeded"]


async def test_a_retry_of_what_could_not_be_stored_fetches_it_and_buys_nothing(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    await painter.faults({"fault": "corrupt_output", "times": 6})
    generation_id = await downloading(lab, hands)
    for _ in range(6):
        await hands.keep()
        await lab.age()
    assert (await lab.row(generation_id)).status == "failed"
    assert await retry(lab.engine, generation_id) is not None
    await hands.buy()
    await hands.develop()
    row = await lab.row(generation_id)
    assert statuses(row)[-4:] == ["queued", "processing", "downloading", "completed"]
    assert (row.attempts_before, len(lab.sold()), len(await lab.images(generation_id))) == (1, 1, 1)


async def test_a_retry_has_a_fresh_allowance_of_attempts(lab: Lab, painter: Caller, hands: Hands) -> None:
    await painter.faults({"fault": "fail", "message": "CUDA out of memory", "times": 2})
    generation_id = await lab.submit(max_attempts=1)
    for _ in range(2):
        await hands.buy()
        await lab.rung(Bell.COLLECT)
        await hands.develop()
        row = await lab.row(generation_id)
        assert (row.status, "1 of 1 attempts" in row.error_message) == ("failed", True)
        assert await retry(lab.engine, generation_id) is not None
    await hands.buy()
    await lab.rung(Bell.COLLECT)
    await hands.develop()
    assert (await lab.row(generation_id)).status == "completed"


async def test_a_zombies_purchase_is_stopped_and_counted(lab: Lab, painter: Caller, hands: Hands) -> None:
    """A worker frozen between its last look at the clock and the POST: nothing can keep it from buying."""
    await painter.faults({"fault": "slow", "seconds": 60})
    generation_id = await lab.submit()
    (claimed,) = await claim_queued(lab.engine, {"replicate": 1}, lease=30)
    await lab.age(lab.settings.lease_seconds)
    await hands.watcher.look()
    await lab.age()
    await hands.retry()
    await hands.start.buyers["replicate"].ask(claimed, asyncio.get_running_loop().time() + 60)
    row = await lab.row(generation_id)
    first, second = lab.sold()
    assert (row.replicate_prediction_id, row.past_predictions) == (first.id, [second.id])
    assert (row.possible_double_charge, second.status) == (1, "canceled")


async def test_a_picture_that_completes_after_its_row_was_reset_is_kept_once(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    """Reset by hand while it was being developed: nothing new is bought before the last purchase is read."""
    generation_id = await downloading(lab, hands)
    await lab.by_hand("UPDATE image_generations SET status = 'queued'")
    await hands.buy()
    await hands.develop()
    assert len(lab.sold()) == 1
    row = await lab.row(generation_id)
    assert (row.status, len(await lab.images(generation_id))) == ("completed", 1)
    await lab.by_hand("UPDATE image_generations SET status = 'queued'")
    await hands.buy()
    await hands.develop()
    row = await lab.row(generation_id)
    assert (row.status, len(await lab.images(generation_id)), len(lab.sold())) == ("completed", 1, 1)
