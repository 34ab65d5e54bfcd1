"""What store does when time runs out, when its worker leaves, and when the store does not take a picture."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.actors.lab import PATIENCE, Hands, Lab
from tests.actors.pictures import check_completed, downloading
from tests.pipeline.providers.painter.caller import Caller


async def test_an_output_slower_than_the_lease_keeps_it_and_is_fetched_once(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    await painter.faults({"fault": "slow_output", "seconds": 2, "times": 1})
    generation_id = await downloading(lab, hands)
    async with lab.hands(lease_seconds=0.6) as slow:
        await slow.keep()
    row = await lab.row(generation_id)
    assert (row.status, row.retry_count) == ("completed", 0)
    await check_completed(lab, generation_id)


async def test_a_download_ends_when_somebody_else_has_taken_its_row_over(
    lab: Lab, painter: Caller, hands: Hands
) -> None:
    await painter.faults({"fault": "slow_output", "seconds": 600, "times": 1})
    generation_id = await downloading(lab, hands)
    async with lab.hands(lease_seconds=0.6) as slow:
        await slow.store.turns.take()
        await lab.age()
        await hands.keep()
        await check_completed(lab, generation_id)
        await slow.store.pool.close(PATIENCE)  # it noticed, long before its download would have ended


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
    await check_completed(lab, generation_id, 2)


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
    await check_completed(lab, generation_id)
