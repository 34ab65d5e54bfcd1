"""The performers of a process, and the clock's ticks."""

import asyncio

import pytest

from actors.clock import every_tick
from actors.performers import Performers
from pipeline.doorbell import Bell
from pipeline.embedded.ports import any_free_port
from tests.actors.lab import PATIENCE, Hands, Lab
from tests.pipeline.providers.painter.caller import Caller


async def test_no_bell_is_answered_before_the_resources_are_open() -> None:
    with pytest.raises(RuntimeError, match="before the worker's resources were open"):
        await Performers().answering(Bell.START)()


async def test_each_bell_is_answered_by_its_own_performer(lab: Lab, painter: Caller, hands: Hands) -> None:
    performers = Performers()
    performers.open(hands.resources)
    generation_id = await lab.submit()
    passed = []
    for bell in (Bell.START, Bell.COLLECT, Bell.STORE):
        if bell is Bell.COLLECT:
            await lab.rung(bell)
        await performers.answering(bell)()
        await performers.close(PATIENCE)
        passed.append((await lab.row(generation_id)).status)
    assert passed == ["processing", "downloading", "completed"]


async def test_a_sweep_rings_for_what_waits_and_for_nothing_else(lab: Lab, hands: Hands) -> None:
    await hands.sweep()
    assert [bell for bell in Bell if await lab.is_ringing(bell)] == []
    await lab.submit()
    await hands.sweep()
    assert [bell for bell in Bell if await lab.is_ringing(bell)] == [Bell.START]


async def test_a_sweep_without_a_broker_still_queues_what_is_due(
    lab: Lab, painter: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    await painter.faults({"fault": "throttle", "seconds": 60})
    generation_id = await lab.submit()
    async with lab.hands(redis_url=f"redis://127.0.0.1:{any_free_port()}/0") as hands:
        await hands.buy()
        await lab.age()
        await hands.sweep()
    assert (await lab.row(generation_id)).status == "queued"
    assert "bell start not rung" in caplog.text


async def test_a_part_that_is_away_does_not_stop_the_clock(caplog: pytest.LogCaptureFixture) -> None:
    stopped, rounds = asyncio.Event(), 0

    async def look() -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            raise ConnectionRefusedError("no database")
        stopped.set()

    async with asyncio.timeout(PATIENCE):
        await every_tick("sweep", look, stopped)
    assert rounds == 2
    assert "sweep: no database (trying again)" in caplog.text


async def test_a_bug_in_a_round_is_logged_and_the_clock_comes_again(caplog: pytest.LogCaptureFixture) -> None:
    """Ending the process would stop everything else too, at every start."""
    stopped, rounds = asyncio.Event(), list[int]()

    async def look() -> None:
        rounds.append(1)
        if len(rounds) == 2:
            stopped.set()
        raise KeyError("a bug")

    await every_tick("sweep", look, stopped, seconds=0)
    assert len(rounds) == 2
    assert "KeyError: 'a bug'" in caplog.text
