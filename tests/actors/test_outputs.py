"""What store does with outputs that are broken, slow or gone, and with a store that does not take them."""

import asyncio
from types import CodeType
from typing import Any

import pytest

from actors import store
from pipeline.claim import claim_downloads
from pipeline.doorbell import Bell
from pipeline.verdict import MAX_DOWNLOADS
from tests.actors.lab import PATIENCE, Hands, Lab
from tests.actors.pictures import check_completed, downloading
from tests.pipeline.providers.painter.caller import Caller
from tests.rows import statuses


def code_of(task: "asyncio.Task[Any]") -> CodeType:
    """The code that a task runs."""
    code: CodeType = task.get_coro().cr_code  # type: ignore[union-attr]
    return code


@pytest.mark.parametrize("fault", ["corrupt_output", "truncated_output", "html_output", "error_output"])
async def test_an_output_broken_once_is_fetched_again_and_not_bought_again(
    lab: Lab, painter: Caller, hands: Hands, fault: str
) -> None:
    await painter.faults({"fault": fault, "times": 1})
    generation_id = await downloading(lab, hands)
    await hands.keep()
    row = await lab.row(generation_id)
    assert (row.status, row.retry_count, await lab.images(generation_id)) == ("downloading", 1, [])
    assert 0 < (row.due_at - row.updated_at).total_seconds() < lab.settings.lease_seconds
    await lab.age()
    await hands.sweep()
    await lab.rung(Bell.STORE)
    await hands.keep()
    await check_completed(lab, generation_id)


async def test_one_broken_output_of_four_keeps_none_until_all_are_whole(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    await painter.faults({"fault": "truncated_output", "times": 1}, {"fault": "slow_output", "seconds": 600})
    generation_id = await downloading(lab, hands, 4)
    await hands.keep()
    row = await lab.row(generation_id)
    assert (row.status, row.retry_count, await lab.images(generation_id)) == ("downloading", 1, [])
    left = [task for task in asyncio.all_tasks() if code_of(task).co_filename == store.__file__]
    assert left == []  # nobody goes on with a row that was let go
    await painter.faults()
    await lab.age()
    await hands.keep()
    await check_completed(lab, generation_id, 4)


@pytest.mark.parametrize(
    ("rule", "tries", "reason"),
    [
        ({"fault": "html_output"}, 6, "it is a web page"),
        ({"fault": "oversize_output", "bytes": 33 * 2**20}, 6, "more than 33,554,432 bytes; that is the limit"),
        ({"fault": "corrupt_output"}, 6, "a PNG picture that was cut off"),
    ],
)
async def test_an_output_that_stays_bad_fails_with_a_reason(
    lab: Lab, painter: Caller, hands: Hands, rule: dict[str, Any], tries: int, reason: str
) -> None:
    await painter.faults(rule)
    generation_id = await downloading(lab, hands)
    for _ in range(tries):
        assert (await lab.row(generation_id)).status == "downloading"
        await hands.keep()
        await lab.age()
    row = await lab.row(generation_id)
    assert statuses(row) == ["queued", "processing", "downloading", "failed"]
    assert reason in row.error_message
    assert f"after {tries} {'try' if tries == 1 else 'tries'}:" in row.error_message
    assert (row.due_at, len(lab.sold()), await lab.images(generation_id)) == (None, 1, [])


async def test_an_expired_output_is_read_again_from_the_prediction_before_anything_is_bought(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    await painter.faults({"fault": "expired_output", "times": 1})
    generation_id = await downloading(lab, hands)
    await hands.keep()
    assert (await lab.row(generation_id)).status == "downloading"
    await lab.age()
    await hands.keep()
    await check_completed(lab, generation_id)
    assert len(lab.sold()) == 1


async def gone(lab: Lab, painter: Caller) -> str:
    """Wait until the painter has forgotten the outputs of the one prediction it has sold; its id."""
    (sold,) = lab.sold()
    async with asyncio.timeout(PATIENCE):
        while not (await painter.get(sold.id))["data_removed"]:
            pass
    return sold.id


async def test_an_output_that_is_gone_for_good_is_bought_again_and_counted(lab: Lab, hands: Hands) -> None:
    async with lab.painting(output_ttl_seconds=0.3) as painter:
        generation_id = await downloading(lab, hands)
        first = await gone(lab, painter)
        await hands.keep()
    row = await lab.row(generation_id)
    assert (row.status, row.possible_double_charge, row.past_predictions) == ("pending", 1, [first])
    assert "expired" in row.timeline[-1]["why"]
    async with lab.painting():
        await hands.retry()
        await lab.rung(Bell.COLLECT)
        await hands.develop()
    assert (await lab.row(generation_id)).status == "completed"
    assert len(lab.sold()) == 2


async def test_an_output_that_is_gone_for_good_fails_when_no_attempt_is_left(lab: Lab, hands: Hands) -> None:
    async with lab.painting(output_ttl_seconds=0.3) as painter:
        generation_id = await downloading(lab, hands, max_attempts=1)
        await gone(lab, painter)
        await hands.keep()
    row = await lab.row(generation_id)
    assert (row.status, row.possible_double_charge, len(lab.sold())) == ("failed", 0, 1)
    assert row.error_message.startswith("gave up after 1 of 1 attempts: ")


async def test_an_output_that_the_provider_says_it_has_is_not_bought_again_however_often_it_fails(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    await painter.faults({"fault": "expired_output"})
    generation_id = await downloading(lab, hands)
    for _ in range(MAX_DOWNLOADS):
        assert (await lab.row(generation_id)).status == "downloading"
        await hands.keep()
        await lab.age()
    row = await lab.row(generation_id)
    assert (row.status, row.possible_double_charge, len(lab.sold())) == ("failed", 0, 1)


async def test_a_picture_that_kills_every_worker_comes_to_an_end(lab: Lab, painter: Caller, hands: Hands) -> None:
    generation_id = await downloading(lab, hands)
    for _ in range(MAX_DOWNLOADS):  # as many workers claim it and are never heard of again
        await claim_downloads(lab.engine, 1, lease=30)
        await lab.age()
    await hands.keep()
    row = await lab.row(generation_id)
    assert (row.status, row.due_at) == ("failed", None)
    assert "no worker that looked at it came back" in row.error_message
