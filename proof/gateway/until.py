"""Waiting for something to be so."""

import asyncio
from collections.abc import Callable

LOOK_SECONDS = 0.02


async def until(holds: Callable[[], bool], within: float) -> bool:
    """Wait until it is so, but not longer than so many seconds; whether it is."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + within
    while not holds():
        if loop.time() >= ends:
            return False
        await asyncio.sleep(LOOK_SECONDS)
    return True
