import asyncio
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from pipeline.embedded.child import run_once
from pipeline.embedded.errors import CannotStart, GaveUp
from pipeline.embedded.program import Program
from pipeline.embedded.supervisor import Supervisor
from tests.pipeline.embedded.conftest import STAND_INS, Heard, all_gone

Make = Callable[..., Program]
WAIT, SAY, STUBBORN = STAND_INS / "wait.py", STAND_INS / "say.py", STAND_INS / "stubborn.py"


async def test_a_killed_process_is_started_again(supervisor: Supervisor, program: Make, home: Path) -> None:
    await supervisor.start(program("worker", WAIT))
    first = supervisor.pid_of("worker")
    assert json.loads((home / "run/pids.json").read_text()) == {"worker": first}
    os.kill(first, signal.SIGKILL)
    async with asyncio.timeout(10):
        second = await supervisor.successor_of("worker", first)
    assert json.loads((home / "run/pids.json").read_text()) == {"worker": second}


async def test_one_that_ends_again_and_again_is_given_up_with_its_last_words(
    supervisor: Supervisor, program: Make, heard: Heard
) -> None:
    await supervisor.start(program("worker", SAY, "no such table"))
    with pytest.raises(GaveUp, match=r"(?s)worker ended 5 times within \d+ s, .*exit code 0.*no such table"):
        async with asyncio.timeout(20):
            await supervisor.failure()
    assert [f"in {delay} s" in heard.getvalue() for delay in (0.2, 0.4, 0.8, 1.6)] == [True] * 4


async def test_one_that_heeds_no_signal_is_killed_with_its_children(
    supervisor: Supervisor, program: Make, heard: Heard
) -> None:
    await supervisor.start(program("worker", STUBBORN))
    leader = psutil.Process(supervisor.pid_of("worker"))
    await heard.until("child")
    family = [leader, *leader.children()]
    assert len(family) == 2
    await supervisor.stop(0.2, 0.3)
    assert all_gone(family)
    assert "worker did not stop in time" in heard.getvalue()


async def test_what_a_killed_process_leaves_in_its_group_does_not_outlive_it(
    supervisor: Supervisor, program: Make, heard: Heard
) -> None:
    await supervisor.start(program("worker", STUBBORN))
    first = supervisor.pid_of("worker")
    orphan = psutil.Process(int((await heard.until("child")).split()[-1]))
    os.kill(first, signal.SIGKILL)
    async with asyncio.timeout(10):
        await supervisor.successor_of("worker", first)
    assert all_gone([orphan])


async def test_servers_stop_after_their_clients(supervisor: Supervisor, program: Make, heard: Heard) -> None:
    await supervisor.start(program("valkey", WAIT, server=True))
    await supervisor.start(program("worker", WAIT))
    await heard.until("worker   | waiting")
    await heard.until("valkey   | waiting")
    await supervisor.stop(5.0, 10.0)
    text = heard.getvalue()
    assert text.index("worker   | told to stop") < text.index("valkey   | told to stop")


async def test_a_failed_release_shows_its_output(program: Make, tmp_path: Path) -> None:
    script = tmp_path / "fail.py"
    script.write_text("raise SystemExit('the table is locked')")
    with pytest.raises(CannotStart, match=r"(?s)release failed \(exit code 1\).*the table is locked"):
        await run_once(program("release", script), lambda _: None)


async def test_a_program_that_cannot_be_run_is_said_at_once(supervisor: Supervisor, home: Path) -> None:
    with pytest.raises(CannotStart, match="web cannot be started"):
        await supervisor.start(Program(name="web", command=["/bin/true"], env={}, cwd=home / "nowhere"))
