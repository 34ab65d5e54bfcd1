"""The watchdog ends a process whose loop is stuck, and no other."""

import subprocess
import sys

from actors.watchdog import EXIT_STUCK

_PROGRAM = """
import asyncio, threading, time
from actors.watchdog import Watchdog

async def main():
    dog = Watchdog(asyncio.get_running_loop(), answer_seconds=0.1, most_missed=3)
    dog.start()
    {work}
    dog.stop()

asyncio.run(main())
"""


def exit_code(work: str) -> int:
    """Of a process whose loop does `work` under a watchdog that waits for 0.1 s three times."""
    return subprocess.run([sys.executable, "-c", _PROGRAM.format(work=work)], check=False, timeout=30).returncode


def test_a_stuck_loop_ends_the_process() -> None:
    assert exit_code("time.sleep(20)") == EXIT_STUCK


def test_a_busy_loop_that_answers_now_and_then_goes_on() -> None:
    assert exit_code("[(time.sleep(0.05), await asyncio.sleep(0)) for _ in range(20)]") == 0
