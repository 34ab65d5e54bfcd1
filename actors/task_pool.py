"""Tasks that outlive their message: waits for the network are held by the loop, never by a worker's thread."""

import asyncio
import logging
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from actors.outside import is_outside

log = logging.getLogger(__name__)


class TaskPool:
    """At most `size` tasks on the running loop. Rows they work on are held by leases, so none needs a message."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._held = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._freed = asyncio.Event()

    @property
    def free(self) -> int:
        """How many more tasks the pool takes."""
        return self._size - self._held - len(self._tasks)

    @contextmanager
    def hold(self, most: int) -> Iterator[int]:
        """Hold up to `most` places, for tasks that are about to be known; how many these are. Given back at the end."""
        places = max(0, min(most, self.free))
        self._held += places
        try:
            yield places
        finally:
            self._held -= places
            self._freed.set()

    async def wait_free(self) -> None:
        """Wait until the pool takes another task."""
        while self.free <= 0:
            self._freed.clear()
            await self._freed.wait()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Start `work`. What it raises is logged; its row's lease ends and somebody takes it over."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._freed.set()
        if not task.cancelled() and (error := task.exception()):
            unexpected = None if is_outside(error) else error
            level = logging.ERROR if unexpected else logging.WARNING
            log.log(level, "a task failed; its row is taken over when the lease ends: %s", error, exc_info=unexpected)

    async def close(self, patience: float) -> None:
        """Wait `patience` seconds for the tasks, then cancel those that are left."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience)
        for task in (left := list(self._tasks)):
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
