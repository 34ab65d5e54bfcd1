"""Background: the loops of a web process that must never end. One that does is begun anew, and /readyz says so."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

AGAIN_SECONDS = 1.0
"""The pause before a loop that ended is begun anew."""
TROUBLED_SECONDS = 10.0
"""So long after it ended /readyz tells: long enough to be seen by who asks every few seconds."""


class Background:
    """Keeps loops going. Made on the loop that they run on; `close` ends them."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []
        self._ended_at: dict[str, float] = {}

    def keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work`, which is not to return, until closed; `name` says in the log and in /readyz what it is."""
        self._tasks.append(asyncio.create_task(self._keep(name, work), name=name))

    @property
    def trouble(self) -> str | None:
        """The loops that ended a moment ago; None when all go on."""
        now = asyncio.get_running_loop().time()
        ended = [name for name, at in self._ended_at.items() if now - at < TROUBLED_SECONDS]
        return f"{', '.join(ended)}: ended by an error, which is in the log; begun anew" if ended else None

    async def close(self) -> None:
        """End all of them."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
                log.critical("%s: ended, which it must not; it is begun anew", name)
            except Exception:
                log.critical("%s: ended by an error; it is begun anew", name, exc_info=True)
            self._ended_at[name] = asyncio.get_running_loop().time()
            await asyncio.sleep(AGAIN_SECONDS)
