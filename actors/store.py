"""store: downloading → completed. Brings the outputs into the store, looks at each, then completes the row."""

import asyncio
import logging
from typing import Any
from uuid import uuid4

from sqlalchemy import Row

from actors.leases import Leases
from actors.resources import Resources
from actors.task_pool import TaskPool
from actors.turns import Turns
from pipeline.advance import give_up
from pipeline.claim import claim_downloads
from pipeline.coalesce import Coalescer
from pipeline.doorbell import Bell
from pipeline.errors import (
    NotFound,
    OutputBroken,
    OutputError,
    OutputGone,
    ProviderError,
    StoreError,
)
from pipeline.media.brought import fetch_brought
from pipeline.media.download import download
from pipeline.media.foreign import is_svg
from pipeline.media.picture import examine
from pipeline.media.svg import clean_svg
from pipeline.moves import Move
from pipeline.outputs import buy_again, download_later, finish, refresh_outputs, renew
from pipeline.statements import Written, blames_a_row, written
from pipeline.stores.keys import picture_key
from pipeline.verdict import MAX_DOWNLOADS, GiveUp, TryAgain, on_lost, on_unstored
from schema.statuses import Status

log = logging.getLogger(__name__)

LARGEST_CLAIM = 64
DOWNLOADING = 128
"""How many generations one worker downloads at a time."""
LONGEST_SECONDS = 600.0
"""For all of a generation's outputs; the lease is renewed meanwhile."""

KILLS = "no worker that looked at it came back"


class Store:
    """Stores the outputs of collected generations."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._lease = resources.settings.lease_seconds
        self.pool = TaskPool(DOWNLOADING)
        self.turns = Turns(self._look)
        self._leases = Leases(resources.engine, self._lease, renew=renew, cancels=True)
        self._finish: Coalescer[Written, Move | None] = Coalescer(self._complete, largest=100, splits=blames_a_row)

    async def _look(self) -> None:
        while True:
            await self.pool.wait_free()
            most = min(LARGEST_CLAIM, self.pool.free)
            claimed = await claim_downloads(self._resources.engine, most, self._lease)
            for row in claimed:
                # Counted at the claim: a picture that kills every worker that looks at it comes to an end here.
                broke = row.retry_count > MAX_DOWNLOADS
                self.pool.spawn(self._settle(row, OutputBroken(KILLS)) if broke else self._develop(row))
            if len(claimed) < most:
                return

    async def _develop(self, row: Row[Any]) -> None:
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                with self._leases.held(row):
                    pictures = await self._keep_all(row)
                    moved = await self._finish(written({"id": row.id, "fence": row.fence, "pictures": pictures}))
        except OutputGone as error:
            await self._ask_again(row, error)
        except (OutputError, StoreError, TimeoutError) as error:
            await self._settle(row, error)
        except asyncio.CancelledError:
            # The worker is leaving, and the next one need not wait for the lease; or somebody has the row already.
            await asyncio.shield(download_later(self._resources.engine, row, delay=0, tried=False))
            raise
        else:
            self._resources.notices.note([moved] if moved else [])
            if moved and row.webhook_url:
                self._resources.doorbell.ring(Bell.DELIVER)

    async def _ask_again(self, row: Row[Any], error: OutputGone) -> None:
        """The addresses have expired. The provider may have new ones for what was bought; else it is bought again."""
        if row.from_outside:
            # No provider has sold it: asked for as often as a broken one, it may only not be there yet.
            await self._settle(row, OutputBroken(str(error)))
            return
        try:
            provider = self._resources.provider_of(row)
            prediction = await provider.get(row.provider_model or row.model_id, row.replicate_prediction_id)
        except NotFound:
            prediction = None
        except ProviderError as unreadable:
            await self._settle(row, unreadable)
            return
        if prediction is not None and prediction.output:
            # As long as the provider says that it has them, nothing is bought again.
            await refresh_outputs(self._resources.engine, row, prediction.record() or {})
            await self._settle(row, error)
            return
        match on_lost(str(error), row.attempts, row.max_attempts, retries=0):
            case GiveUp(why):
                moved = await give_up(self._resources.engine, Status.DOWNLOADING, row, why)
            case TryAgain(why=why):
                moved = await buy_again(self._resources.engine, row, why)
        self._resources.notices.note(moved)

    async def _keep_all(self, row: Row[Any]) -> list[dict[str, Any]]:
        keeping = [asyncio.create_task(self._keep(row, idx, url)) for idx, url in enumerate(row.output)]
        try:
            return await asyncio.gather(*keeping)
        finally:
            # One that fails lets go of the row: the others must not go on with it.
            for task in keeping:
                task.cancel()

    async def _keep(self, row: Row[Any], idx: int, url: str) -> dict[str, Any]:
        if row.from_outside:
            data = await fetch_brought(self._resources.guard, url)
        else:
            data = await download(self._resources.downloads, url)
        if is_svg(data):
            picture, data = await asyncio.to_thread(clean_svg, data)
        else:
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

    async def _complete(self, batch: list[Written]) -> list[Move | None]:
        moved = {move.id: move for move in await finish(self._resources.engine, batch)}
        return [moved.get(row.id) for row in batch]

    async def _settle(self, row: Row[Any], error: Exception) -> None:
        match on_unstored(error, row.retry_count):
            case GiveUp(why):
                self._resources.notices.note(await give_up(self._resources.engine, Status.DOWNLOADING, row, why))
            case TryAgain(delay, why):
                log.warning("generation %s: output not stored, trying again: %s", row.id, why)
                await download_later(self._resources.engine, row, delay=delay)
