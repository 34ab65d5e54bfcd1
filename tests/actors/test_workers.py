"""Two workers at the same rows: each is bought once and completed once."""

import asyncio
from collections import Counter

from pipeline.doorbell import Bell
from tests.actors.lab import PATIENCE, Lab
from tests.pipeline.providers.painter.caller import Caller
from tests.rows import statuses

DEVELOPED = ["queued", "processing", "downloading", "completed"]


async def test_two_workers_race_for_thirty_rows(lab: Lab, painter: Caller) -> None:
    ids = [await lab.submit() for _ in range(30)]
    async with lab.hands() as one, lab.hands() as other, asyncio.timeout(PATIENCE):
        both = (one, other)
        await asyncio.gather(*(hands.buy() for hands in both for _ in range(2)))
        while {(await lab.row(id_)).status for id_ in ids} != {"completed"}:
            await lab.rung(Bell.COLLECT)
            await asyncio.gather(*(hands.develop() for hands in both for _ in range(2)))
            await asyncio.gather(*(hands.keep() for hands in both))
    bought = Counter((sold.webhook or "").split("/")[-3] for sold in lab.sold())
    assert bought == {str(id_): 1 for id_ in ids}
    for id_ in ids:
        assert statuses(await lab.row(id_)) == DEVELOPED
        assert len(await lab.images(id_)) == 1


async def begun(painter: Caller) -> None:
    """Wait until the one fault in force has bitten for the last time."""
    async with asyncio.timeout(PATIENCE):
        while (await painter.ask("GET", "/_painter/faults"))[1][0]["left"]:
            pass


async def test_a_worker_that_was_frozen_past_its_lease_writes_to_nothing(lab: Lab, painter: Caller) -> None:
    generation_id = await lab.submit()
    async with lab.hands() as frozen, lab.hands() as other:
        await frozen.buy()
        await lab.rung(Bell.COLLECT)
        await frozen.collect.turns.take()
        for hands in (frozen, other):
            await painter.faults({"fault": "slow_output", "seconds": 600, "times": 1})
            await lab.age()
            await hands.store.turns.take()
            await begun(painter)
        held = await lab.row(generation_id)
        await frozen.store.pool.close(0)
        assert await lab.row(generation_id) == held
        await other.store.pool.close(0)
        await other.keep()
    assert statuses(await lab.row(generation_id)) == DEVELOPED
    assert len(await lab.images(generation_id)) == 1
