"""Waiting for what no event tells: looked at on every turn of the loop."""

import asyncio
from collections.abc import Callable
from itertools import count

PATIENCE = 20.0
"""Seconds a test waits before it fails."""


async def until(holds: Callable[[], bool]) -> None:
    """Wait until `holds`. Raises TimeoutError when it does not come to that."""
    async with asyncio.timeout(PATIENCE):
        for _ in count():
            if holds():
                return
            await asyncio.sleep(0)
