"""The sweep of the store: what no picture's row names is deleted. Several may run; what one deletes the others skip."""

import asyncio
import logging
from datetime import timedelta
from uuid import UUID

from actors.resources import Resources
from pipeline.errors import StoreError
from pipeline.leftovers import delete_leftover, find_leftovers
from pipeline.outages import is_away
from pipeline.row_errors import RowErrors
from pipeline.stores.keys import generation_of

log = logging.getLogger(__name__)

BATCH = 500
"""Keys that are looked up with one statement."""
MOST_FAILURES = 10
"""A store that refuses so many deletions is in trouble; one object that cannot be deleted must not hide the others."""


class StoreSweep:
    """Walks through the whole store, a page of its listing at a time."""

    def __init__(self, resources: Resources, stopped: asyncio.Event, *, batch: int = BATCH) -> None:
        self._resources = resources
        self._stopped = stopped
        self._batch = batch
        self._failures = 0
        self._row_errors = RowErrors("the store sweep")

    async def look(self) -> None:
        """One walk. Leaves alone what is young and what is not ours; ends early once stopped. Raises StoreError."""
        old = timedelta(seconds=self._resources.settings.orphan_seconds)
        self._failures = deleted = 0
        batch: dict[str, UUID] = {}
        async for stored in self._resources.store.list():
            if self._stopped.is_set():
                return
            if stored.age >= old and (generation_id := generation_of(stored.key)):
                batch[stored.key] = generation_id
            if len(batch) >= self._batch:
                deleted += await self._delete(batch)
                batch = {}
        deleted += await self._delete(batch)
        if deleted:
            log.info("deleted %d objects of the store that no picture names", deleted)

    async def _delete(self, batch: dict[str, UUID]) -> int:
        deleted = 0
        for leftover in await find_leftovers(self._resources.engine, batch) if batch else ():
            if self._stopped.is_set():
                break
            try:
                deleted += await delete_leftover(self._resources.engine, self._resources.store, leftover)
            except StoreError as error:
                self._failures += 1
                if self._failures >= MOST_FAILURES:
                    raise
                log.warning("a leftover was not deleted (the next sweep tries again): %s", error)
            except Exception as error:
                if is_away(error):
                    raise
                self._row_errors.note(leftover.key, error)
        return deleted
