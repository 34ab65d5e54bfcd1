"""What store does with outputs that are broken, slow or gone, and with a store that does not take them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import CodeType
from typing import Any
from uuid import UUID

import pytest

from actors import store
from pipeline.doorbell import Bell
from pipeline.media.picture import examine
from tests.actors.lab import PATIENCE, Hands, Lab
from tests.pipeline.providers.painter.caller import Caller
from tests.rows import statuses

DEVELOPED = ["queued", "processing", "downloading", "completed"]


async def downloading(lab: Lab, hands: Hands, count: int = 1) -> UUID:
    """A generation whose outputs wait to be stored."""
    generation_id = await lab.submit(num_outputs=count, input={"prompt": "a storm", "seed": 7, "num_outputs": count})
    await hands.buy()
    await lab.rung(Bell.COLLECT)
    await hands.collect.turns.take()
    return generation_id


def code_of(task: "asyncio.Task[Any]") -> CodeType:
    """The code that a task runs."""
    code: CodeType = task.get_coro().cr_code  # type: ignore[union-attr]
    return code


async def completed(lab: Lab, generation_id: UUID, count: int = 1) -> None:
    """Check that it is developed, bought once, and that each of its pictures is whole."""
    row = await lab.row(generation_id)
    images = await lab.images(generation_id)
    assert (statuses(row), row.attempt_number, len(lab.sold())) == (DEVELOPED, 1, 1)
    assert [image.idx for image in images] == list(range(count))
    for image in images:
        assert examine((lab.settings.home / "pictures" / image.storage_path).read_bytes()).file_size == image.file_size


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
    await completed(lab, generation_id)


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
    await completed(lab, generation_id, 4)


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


async def test_an_output_slower_than_the_lease_is_let_go_and_fetched_again(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    await painter.faults({"fault": "slow_output", "seconds": 600, "times": 1})
    generation_id = await downloading(lab, hands)
    async with lab.hands(lease_seconds=0.5) as impatient:
        await impatient.keep()
    row = await lab.row(generation_id)
    assert (row.status, row.retry_count) == ("downloading", 1)
    await lab.age()
    await hands.keep()
    await completed(lab, generation_id)


async def test_a_worker_that_leaves_lets_go_of_its_downloads_at_once(lab: Lab, painter: Caller, hands: Hands) -> None:
    await painter.faults({"fault": "slow_output", "seconds": 600, "times": 2})
    generation_id = await downloading(lab, hands, 2)
    async with lab.hands() as leaving:
        await leaving.store.turns.take()
        async with asyncio.timeout(PATIENCE):
            while (await painter.ask("GET", "/_painter/faults"))[1][0]["left"]:
                pass
        await hands.keep()
        assert (await lab.row(generation_id)).status == "downloading"  # it is held
        await leaving.store.pool.close(0)
    row = await lab.row(generation_id)
    assert (row.status, row.retry_count) == ("downloading", 0)
    await hands.keep()
    await completed(lab, generation_id, 2)


@asynccontextmanager
async def broken_store(lab: Lab) -> AsyncIterator[None]:
    """A file where the store's directory should be, while the context lasts."""
    pictures = lab.settings.home / "pictures"
    aside = pictures.rename(pictures.with_name("aside"))
    pictures.write_text("not a directory")
    yield
    pictures.unlink()
    aside.rename(pictures)


async def test_a_store_that_fails_is_tried_again_until_it_is_mended(lab: Lab, painter: Caller, hands: Hands) -> None:
    generation_id = await downloading(lab, hands)
    async with broken_store(lab):
        for tries in (1, 2):
            await hands.keep()
            row = await lab.row(generation_id)
            assert (row.status, row.retry_count) == ("downloading", tries)
            await lab.age()
    await hands.keep()
    await completed(lab, generation_id)
