"""Leases: keeps renewing those of the rows that are being worked on, all in one statement."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.outages import DATABASE_AWAY

log = logging.getLogger(__name__)

Renew = Callable[[AsyncEngine, Sequence[Any], float], Awaitable[set[UUID]]]
"""Called with the rows {id, fence} and the seconds; the ids of those that are still held."""


class Leases:
    """The rows that this worker holds, for `seconds` at a time."""

    def __init__(self, engine: AsyncEngine, seconds: float, *, renew: Renew, cancels: bool) -> None:
        self._engine = engine
        self._renew = renew
        self._cancels = cancels
        self._seconds = seconds
        self._held: dict[UUID, tuple[int, asyncio.Task[Any]]] = {}
        self._keeper: asyncio.Task[None] | None = None

    @contextmanager
    def held(self, row: Row[Any]) -> Iterator[None]:
        """Renew the row's lease inside. Should somebody else take the row over, the current task is cancelled;
        with `cancels` False it goes on, and only its lease is let go.
        """
        task = asyncio.current_task()
        assert task is not None
        self._held[row.id] = row.fence, task
        if self._keeper is None or self._keeper.done():
            self._keeper = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            if self._held.get(row.id) == (row.fence, task):
                del self._held[row.id]

    async def _keep(self) -> None:
        """Three times in each lease, for as long as anything is held."""
        while self._held:
            await asyncio.sleep(self._seconds / 3)
            held = dict(self._held)
            rows = [{"id": generation_id, "fence": fence} for generation_id, (fence, _) in held.items()]
            try:
                ours = await self._renew(self._engine, rows, self._seconds)
            except DATABASE_AWAY as error:
                log.warning("leases were not renewed (trying again): %s", error)
                continue
            except Exception:
                # Whoever ends here would let the leases of everything that is under way run out, silently.
                log.exception("leases were not renewed (trying again)")
                continue
            for generation_id, (fence, task) in held.items():
                if generation_id not in ours and self._held.get(generation_id) == (fence, task):
                    if self._cancels:
                        task.cancel()
                    else:
                        del self._held[generation_id]
