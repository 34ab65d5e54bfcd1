"""The performers of one worker process: one for each actor, made when their resources are open."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from actors.cancel import Cancel
from actors.collect import Collect
from actors.deliver import Deliver
from actors.outside import is_outside
from actors.resources import Resources
from actors.start import Start
from actors.store import Store
from pipeline.doorbell import Bell

log = logging.getLogger(__name__)


class Performers:
    """Hands each bell to its performer."""

    def __init__(self) -> None:
        self._opened: tuple[Start, Collect, Store, Cancel, Deliver] | None = None

    def open(self, resources: Resources) -> None:
        """Make the performers, on the loop that they work on."""
        self._opened = Start(resources), Collect(resources), Store(resources), Cancel(resources), Deliver(resources)

    def answering(self, bell: Bell) -> Callable[[], Awaitable[None]]:
        """The coroutine function to declare as the actor of `bell`."""

        async def answer() -> None:
            if self._opened is None:
                raise RuntimeError("a bell was answered before the worker's resources were open")
            try:
                await self._opened[list(Bell).index(bell)].turns.take()
            except Exception as error:
                # The message is done either way: its rows are due, so the sweep rings again.
                if not is_outside(error):
                    raise
                log.warning("%s could not look (the sweep will ring again): %s", bell, error)

        return answer

    async def close(self, patience: float) -> None:
        """Let what is under way end within `patience` seconds; cancel the rest."""
        if self._opened is not None:
            start, collect, store, cancel, deliver = self._opened
            pools = (one.pool for one in (collect, store, cancel, deliver))
            await asyncio.gather(start.close(patience), *(pool.close(patience) for pool in pools))
