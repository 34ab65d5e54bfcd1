"""Turns: of many bells that ring together, one looks and one waits its turn; the rest have nothing to add."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence


class Turns:
    """Lets one look at the rows be under way at a time, so that batches grow with the load.

    A bell that finds another one waiting goes home: the waiting one looks later than it rang, so it sees its work.
    """

    def __init__(self, look: Callable[[], Awaitable[None]]) -> None:
        self._look = look
        self._lock = asyncio.Lock()
        self._waiting = False

    async def take(self) -> None:
        """Look at the rows now, or after the look that is under way, unless somebody waits for that already."""
        if self._waiting:
            return
        self._waiting = True
        try:
            await self._lock.acquire()
        finally:
            # Cleared before the look, so a bell that rings during it waits for the next one.
            self._waiting = False
        try:
            await self._look()
        finally:
            self._lock.release()


class Rounds:
    """One look for all, and then one for each, which keeps no other waiting."""

    def __init__(self, together: Turns, each: Sequence[Turns]) -> None:
        self._together = together
        self._each = each

    async def take(self) -> None:
        """Take a turn at the first, then at all the others at once; returns when all have looked."""
        await self._together.take()
        await asyncio.gather(*(one.take() for one in self._each))
