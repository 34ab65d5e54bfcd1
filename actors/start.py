"""start: queued → processing. Claims the best rows, then asks the provider; never waits for the picture."""

import asyncio
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from actors.resources import Resources
from actors.task_pool import TaskPool
from actors.turns import Turns
from pipeline.advance import give_up, record_predictions, try_again
from pipeline.claim import claim_queued
from pipeline.coalesce import Coalescer
from pipeline.doorbell import Bell
from pipeline.errors import ProviderError
from pipeline.moves import as_move
from pipeline.providers import Prediction
from pipeline.statements import blames_a_row
from pipeline.verdict import GiveUp, TryAgain, on_error
from schema.statuses import Status

LARGEST_CLAIM = 64
ASKING = 256
"""How many purchases one worker has under way; the lane's cap is what limits them all."""


class Start:
    """Claims queued rows and buys a prediction for each."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._lease = resources.settings.lease_seconds
        self.pool = TaskPool(ASKING)
        self.turns = Turns(self._look)
        self._record: Coalescer[Mapping[str, Any], None] = Coalescer(self._write_down, splits=blames_a_row)

    async def _look(self) -> None:
        while True:
            await self.pool.wait_free()
            most = min(LARGEST_CLAIM, self.pool.free)
            # Taken before the claim, so it can only be earlier than the lease that Postgres writes down.
            claimed_at = asyncio.get_running_loop().time()
            claimed = await claim_queued(self._resources.engine, self._resources.provider.name, most, self._lease)
            for row in claimed:
                self.pool.spawn(self._ask(row, claimed_at + self._lease))
            self._resources.notices.note([as_move(row) for row in claimed])
            if len(claimed) < most:
                return

    async def _ask(self, row: Row[Any], lease_ends: float) -> None:
        """Buy one prediction, unless so much of the lease is gone that somebody else might be buying it soon."""
        timeout = self._lease / 2
        if lease_ends - asyncio.get_running_loop().time() <= timeout:
            return
        try:
            prediction = await self._resources.provider.create(
                row.model_id, row.model_version, row.input, self._webhook(row), timeout
            )
        except ProviderError as error:
            await self._settle(row, on_error(error, row.retry_count))
        else:
            await self._keep(row, prediction)

    def _webhook(self, row: Row[Any]) -> str | None:
        base = self._resources.settings.callback_base
        provider = self._resources.provider.name
        return base and f"{base}/v1/callbacks/{provider}/{row.id}/{row.attempt_number}"

    async def _keep(self, row: Row[Any], prediction: Prediction) -> None:
        if (record := prediction.record()) is None:
            await self._record({"id": row.id, "fence": row.fence, "prediction_id": prediction.id})
        elif await self._resources.callbacks.commit(row.id, row.attempt_number, prediction.id, record):
            await self._resources.doorbell.ring(Bell.COLLECT)

    async def _write_down(self, batch: list[Mapping[str, Any]]) -> list[None]:
        await record_predictions(self._resources.engine, batch, self._resources.look_seconds)
        return [None] * len(batch)

    async def _settle(self, row: Row[Any], verdict: TryAgain | GiveUp | None) -> None:
        match verdict:
            case GiveUp(why):
                moved = await give_up(self._resources.engine, Status.PROCESSING, row, why)
            case TryAgain(delay, why, unsold):
                moved = await try_again(self._resources.engine, row, why, delay=delay, unsold=unsold)
            case None:
                # It may have been sold. The lease runs on; when it ends, the watcher reads the provider's list.
                return
        self._resources.notices.note(moved)
        await self._resources.doorbell.ring(Bell.START)
