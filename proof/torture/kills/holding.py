"""Holding things up for a moment, so that a kill hits just where it hurts: processes, and the lane that claims lock."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from signal import SIGCONT, SIGSTOP, Signals

import asyncpg

from proof.torture.darkroom import Darkroom
from proof.torture.rows import Rows

_HOLD = "SELECT FROM lanes FOR UPDATE"
_WAITING = """
    SELECT FROM pg_stat_activity
    WHERE application_name = 'darkroom' AND wait_event_type = 'Lock' AND strpos(query, $1) > 0
"""
LONGEST_SECONDS = 1.5
"""Well below half a lease: whoever is only held up for a moment keeps what it has."""
LOOK_SECONDS = 0.03


@contextmanager
def stopped(darkroom: Darkroom, *names: str) -> Iterator[None]:
    """Stop the processes of these names inside; those that do not run at the moment are left out."""
    pids = [pid for name in names if (pid := darkroom.pid_of(name))]
    for pid in pids:
        signal(pid, SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            signal(pid, SIGCONT)


@asynccontextmanager
async def lane_held(darkroom: Darkroom) -> AsyncIterator[None]:
    """Lock the lane inside, so that claims and the breaker's notes wait. Raises one of AWAY."""
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(darkroom.database_url, timeout=5)
    try:
        async with connection.transaction():
            await connection.execute(_HOLD)
            yield
    finally:
        connection.terminate()


async def somebody_waits(darkroom: Darkroom, saying: str) -> None:
    """Wait until a statement with these words waits for a lock, but not for long. Raises one of AWAY."""
    rows = Rows(darkroom.database_url)
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_SECONDS):
            while True:
                if await rows.fetch(_WAITING, saying):
                    return
                await asyncio.sleep(LOOK_SECONDS)


def signal(pid: int, number: Signals) -> None:
    """Send a signal to a process and all its children."""
    # Another kill may have been quicker.
    with suppress(ProcessLookupError):
        os.killpg(pid, number)
