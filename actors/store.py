"""store: downloading → completed. Brings the outputs into the store, looks at each, then completes the row."""

import asyncio
import logging
from typing import Any
from uuid import uuid4

from sqlalchemy import Row

from actors.fair_places import FairPlaces
from actors.leases import Leases
from actors.resources import Resources
from actors.task_pool import TaskPool
from actors.turns import Turns
from pipeline.advance import give_up
from pipeline.byte_budget import ByteBudget
from pipeline.claim import claim_downloads
from pipeline.coalesce import Coalescer
from pipeline.doorbell import Bell
from pipeline.errors import (
    NotFound,
    OutputBroken,
    OutputError,
    OutputForbidden,
    OutputGone,
    OutputRefused,
    ProviderError,
    StoreError,
)
from pipeline.media.download import download
from pipeline.moves import Move
from pipeline.outputs import buy_again, download_later, finish, refresh_outputs, renew
from pipeline.statements import Written, blames_a_row, written
from pipeline.stores.keys import picture_key
from pipeline.verdict import MAX_DOWNLOADS, GiveUp, TryAgain, on_lost, on_undeveloped, on_unstored
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
        # A picture that drips holds its place for as long as it may take, and any number of them may be one user's.
        self._places = FairPlaces(lambda: self.pool.free)
        self.turns = Turns(self._look)
        self._leases = Leases(resources.engine, self._lease, renew=renew, cancels=True)
        most = resources.settings.download_bytes
        self._budget = ByteBudget(most, small=most // (2 * DOWNLOADING))
        # Of these bytes nobody knows before a row is claimed; those of pictures that are fetched come one by one, and
        # whoever lets them drip must keep nobody from being claimed.
        self._most_inline = max(1, most // 2)
        self._inline = 0
        self._inline_freed = asyncio.Event()
        self._finish: Coalescer[Written, Move | None] = Coalescer(self._complete, largest=100, splits=blames_a_row)

    async def _look(self) -> None:
        while True:
            await self.pool.wait_free()
            while self._inline >= self._most_inline:
                self._inline_freed.clear()
                await self._inline_freed.wait()
            crowded, most = self._places.share(LARGEST_CLAIM)
            room = self._most_inline - self._inline
            claimed = await claim_downloads(self._resources.engine, most, self._lease, most_bytes=room, besides=crowded)
            for row in claimed:
                inline = sum(len(url) for url in row.output or () if url.startswith("data:"))
                self._inline += inline
                self._places.take(row.user_id or "")
                self.pool.spawn(self._keep_or_end(row, inline))
            if not claimed or claimed[0].due == len(claimed) < most:
                return

    async def _keep_or_end(self, row: Row[Any], inline: int) -> None:
        """Store a row's outputs, of which so many bytes came in their own addresses."""
        try:
            # Counted at the claim: a picture that kills every worker that looks at it comes to an end here.
            if row.retry_count > MAX_DOWNLOADS:
                await self._settle(row, OutputBroken(KILLS))
            else:
                await self._develop(row)
        finally:
            self._inline -= inline
            self._inline_freed.set()
            if self._places.give_back(row.user_id or ""):
                # What waited for this place is due, and nobody rings for it before the next sweep.
                self._resources.doorbell.ring(Bell.STORE)

    async def _develop(self, row: Row[Any]) -> None:
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                with self._leases.held(row):
                    pictures = await self._keep_all(row)
                    finished = {"id": row.id, "fence": row.fence, "pictures": pictures, "why": _left_out(row)}
                    moved = await self._finish(written(finished))
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
            if isinstance(error, OutputForbidden):
                # Nobody says that it is gone: what is bought again now might be refused in the same way.
                await self._settle(row, error)
                return
            prediction = None
        except ProviderError as unreadable:
            await self._settle(row, unreadable)
            return
        if prediction is not None and prediction.output:
            # As long as the provider says that it has them, nothing is bought again.
            await refresh_outputs(self._resources.engine, row, prediction.record() or {})
            await self._settle(row, error)
            return
        if prediction is not None and prediction.unreadable:
            verdict = on_undeveloped(prediction.record() or {}, row.attempts, row.max_attempts, retries=0)
        else:
            verdict = on_lost(str(error), row.attempts, row.max_attempts, retries=0)
        match verdict:
            case GiveUp(why):
                moved = await give_up(self._resources.engine, Status.DOWNLOADING, row, why)
            case TryAgain(why=why):
                moved = await buy_again(self._resources.engine, row, why)
        self._resources.notices.note(moved)

    async def _keep_all(self, row: Row[Any]) -> list[dict[str, Any]]:
        if not row.output:
            raise OutputBroken("The prediction names no output.")
        keeping = [asyncio.create_task(self._keep(row, idx, url)) for idx, url in enumerate(row.output)]
        try:
            return await asyncio.gather(*keeping)
        finally:
            # One that fails lets go of the row: the others must not go on with it.
            for task in keeping:
                task.cancel()

    async def _keep(self, row: Row[Any], idx: int, url: str) -> dict[str, Any]:
        own = self._resources.settings.provider_url_of(row.provider)
        with self._budget.account() as account:
            data = await download(self._resources.downloads, url, account=account, own=own)
            picture, data = await self._resources.inspections.examine(data)
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
        if isinstance(error, OutputRefused):
            log.warning("generation %s: %s DARKROOM_EGRESS_ALLOW names networks that are let in.", row.id, error)
        elif isinstance(error, StoreError):
            log.warning("generation %s: %s", row.id, error)
        match on_unstored(error, row.retry_count):
            case GiveUp(why):
                self._resources.notices.note(await give_up(self._resources.engine, Status.DOWNLOADING, row, why))
            case TryAgain(delay, why):
                log.warning("generation %s: output not stored, trying again: %s", row.id, why)
                await download_later(self._resources.engine, row, delay=delay)


def _left_out(row: Row[Any]) -> str | None:
    """What its timeline says of outputs that nobody had asked for; None when there were none."""
    if row.outputs <= len(row.output):
        return None
    return f"kept {len(row.output)} of {row.outputs} outputs: {row.num_outputs} had been asked for"
