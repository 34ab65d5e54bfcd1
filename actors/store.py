"""store: downloading → completed. Brings the outputs into the store, looks at each, then completes the row."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from sqlalchemy import Row

from actors.resources import Resources
from actors.task_pool import TaskPool
from actors.turns import Turns
from pipeline.advance import download_later, finish, give_up
from pipeline.claim import claim_downloads
from pipeline.coalesce import Coalescer
from pipeline.errors import OutputBroken, OutputError, OutputGone, StoreError
from pipeline.media.download import download
from pipeline.media.picture import examine
from pipeline.moves import Move
from pipeline.stores.keys import picture_key
from pipeline.verdict import MAX_RETRIES, backoff
from schema.statuses import Status

log = logging.getLogger(__name__)

LARGEST_CLAIM = 64
DOWNLOADING = 128
"""How many generations one worker downloads at a time."""
LOOKS_AT_BROKEN = 3
"""How often a broken output is fetched again: it may have been broken on the way."""


class Store:
    """Stores the outputs of collected generations."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._lease = resources.settings.lease_seconds
        self.pool = TaskPool(DOWNLOADING)
        self.turns = Turns(self._look)
        self._finish: Coalescer[Mapping[str, Any], Move | None] = Coalescer(self._complete, largest=100)

    async def _look(self) -> None:
        while True:
            await self.pool.wait_free()
            most = min(LARGEST_CLAIM, self.pool.free)
            claimed = await claim_downloads(self._resources.engine, most, self._lease)
            for row in claimed:
                self.pool.spawn(self._develop(row))
            if len(claimed) < most:
                return

    async def _develop(self, row: Row[Any]) -> None:
        try:
            # All of it inside the lease: what is not stored by then belongs to whoever takes over.
            async with asyncio.timeout(self._lease * 0.9):
                moved = await self._finish({"id": row.id, "fence": row.fence, "pictures": await self._keep_all(row)})
        except (OutputError, StoreError, TimeoutError) as error:
            await self._settle(row, error)
        except asyncio.CancelledError:
            # The worker is leaving: the next one need not wait for the lease.
            await asyncio.shield(download_later(self._resources.engine, row, delay=0, tried=False))
            raise
        else:
            self._resources.notices.note([moved] if moved else [])

    async def _keep_all(self, row: Row[Any]) -> list[dict[str, Any]]:
        keeping = [asyncio.create_task(self._keep(row, idx, url)) for idx, url in enumerate(row.output)]
        try:
            return await asyncio.gather(*keeping)
        finally:
            # One that fails lets go of the row: the others must not go on with it.
            for task in keeping:
                task.cancel()

    async def _keep(self, row: Row[Any], idx: int, url: str) -> dict[str, Any]:
        data = await download(self._resources.downloads, url)
        picture = examine(data)
        key = picture_key(row.id, idx, data, picture.extension)
        await self._resources.store.put(key, data, picture.content_type)
        return {
            "id": uuid4(),
            "idx": idx,
            "filename": key.rpartition("/")[2],
            "storage_path": key,
            "public_url": self._resources.store.public_url(key),
            "file_size": picture.file_size,
            "width": picture.width,
            "height": picture.height,
            "format": picture.extension,
        }

    async def _complete(self, batch: list[Mapping[str, Any]]) -> list[Move | None]:
        moved = {move.id: move for move in await finish(self._resources.engine, batch)}
        return [moved.get(row["id"]) for row in batch]

    async def _settle(self, row: Row[Any], error: Exception) -> None:
        tries = row.retry_count + 1
        hopeless = isinstance(error, OutputGone) or (isinstance(error, OutputBroken) and tries >= LOOKS_AT_BROKEN)
        if hopeless or tries >= MAX_RETRIES:
            times = "1 try" if tries == 1 else f"{tries} tries"
            why = f"the picture could not be stored after {times}: {error or 'it took too long'}"
            self._resources.notices.note(await give_up(self._resources.engine, Status.DOWNLOADING, row, why))
        else:
            log.warning("generation %s: output not stored, trying again: %s", row.id, error or "it took too long")
            await download_later(self._resources.engine, row, delay=backoff(row.retry_count))
