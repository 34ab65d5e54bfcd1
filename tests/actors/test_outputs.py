"""What store does with outputs that are broken, slow or gone, and with a store that does not take them."""

import asyncio
from types import CodeType
from typing import Any

import pytest

from actors import store
from pipeline.doorbell import Bell
from tests.actors.lab import Hands, Lab
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
        ({"fault": "html_output"}, 3, "it is a web page"),
        ({"fault": "oversize_output", "bytes": 33 * 2**20}, 3, "more than 33,554,432 bytes; that is the limit"),
        ({"fault": "corrupt_output"}, 3, "a PNG picture that was cut off"),
        ({"fault": "expired_output"}, 1, "it has expired"),
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
