"""start: queued → processing. Claims the best rows, then asks the provider; never waits for the picture."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from actors.resources import Resources
from actors.sources import Sources
from actors.task_pool import TaskPool
from actors.turns import Turns
from pipeline.advance import give_up, note_trouble, try_again
from pipeline.breaker import note_failure, note_throttle
from pipeline.claim import claim_queued
from pipeline.coalesce import Coalescer
from pipeline.doorbell import Bell
from pipeline.errors import ProviderDown, ProviderError, ProviderThrottled, ProviderUnclear, SourceError
from pipeline.moves import as_move
from pipeline.providers import Prediction
from pipeline.purchase import count_surplus, record_predictions
from pipeline.statements import blames_a_row
from pipeline.verdict import GiveUp, TryAgain, on_error, on_source
from schema.statuses import Status

log = logging.getLogger(__name__)

LARGEST_CLAIM = 64
ASKING = 256
"""How many purchases one worker has under way; the lane's cap is what limits them all."""

CALLED_OFF = frozenset({Status.CANCELLED, Status.FAILED})


class Start:
    """Claims queued rows and buys a prediction for each."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._lease = resources.settings.lease_seconds
        self.pool = TaskPool(ASKING)
        self.turns = Turns(self._look)
        self._sources = Sources(resources.guard)
        self._record: Coalescer[Mapping[str, Any], Row[Any] | None] = Coalescer(self._write_down, splits=blames_a_row)

    async def _look(self) -> None:
        while True:
            await self.pool.wait_free()
            most = min(LARGEST_CLAIM, self.pool.free)
            # Taken before the claim, so it can only be earlier than the lease that Postgres writes down.
            claimed_at = asyncio.get_running_loop().time()
            claimed = await claim_queued(self._resources.engine, self._resources.provider.name, most, self._lease)
            for row in claimed:
                # One that knows a prediction already buys nothing; it is due, and the watcher or collect looks at that.
                # Nor does one that no budget has money for: it has failed.
                if row.status == Status.PROCESSING and row.replicate_prediction_id is None:
                    self.pool.spawn(self.ask(row, claimed_at + self._lease))
            self._resources.notices.note([as_move(row) for row in claimed])
            if len(claimed) < most:
                return

    async def ask(self, row: Row[Any], lease_ends: float) -> None:
        """Buy one prediction, unless so much of the lease is gone that somebody else might be buying it soon."""
        timeout = self._lease / 2
        try:
            # Before the last look at the clock: it may take a while, and nothing is paid without it.
            inputs = row.input if row.source_image_url is None else await self._sources.filled(row, timeout / 2)
        except SourceError as error:
            await self._let_go(row, on_source(error, row.retry_count))
            return
        if lease_ends - asyncio.get_running_loop().time() <= timeout:
            return
        try:
            prediction = await self._resources.provider.create(
                row.model_id, row.model_version, inputs, self._webhook(row), timeout
            )
        except ProviderError as error:
            await self._settle(row, error)
        else:
            await self._keep(row, prediction)

    def _webhook(self, row: Row[Any]) -> str | None:
        base = self._resources.settings.callback_base
        provider = self._resources.provider.name
        return base and f"{base}/v1/callbacks/{provider}/{row.id}/{row.attempt_number}"

    async def _keep(self, row: Row[Any], prediction: Prediction) -> None:
        # The commonest case in one statement. A lane in trouble must hear that a purchase succeeded: that is `record`.
        if not row.lane_in_trouble and await self._commit(row, prediction):
            return
        kept = await self._record({"id": row.id, "attempt": row.attempt_number, "prediction_id": prediction.id})
        if kept is None or not (kept.status or kept.known):
            await self._disown(row, prediction)
        elif kept.status in CALLED_OFF:
            self._resources.doorbell.ring(Bell.CANCEL)
        else:
            await self._commit(row, prediction)

    async def _commit(self, row: Row[Any], prediction: Prediction) -> bool:
        if (record := prediction.record()) is None:
            return False
        taken = await self._resources.callbacks.commit(row.id, row.attempt_number, prediction.id, record)
        if taken:
            self._resources.doorbell.ring(Bell.COLLECT)
        return taken

    async def _disown(self, row: Row[Any], prediction: Prediction) -> None:
        """The row has gone on without this purchase: this worker was frozen for longer than its lease."""
        if await count_surplus(self._resources.engine, row.id, prediction.id):
            log.warning("generation %s: prediction %s came too late; it is cancelled", row.id, prediction.id)
        try:
            await self._resources.provider.cancel(prediction.id)
        except ProviderError as error:
            log.warning("prediction %s, which nobody uses, may run on: %s", prediction.id, error)

    async def _write_down(self, batch: list[Mapping[str, Any]]) -> list[Row[Any] | None]:
        provider = self._resources.provider.name
        rows = await record_predictions(self._resources.engine, provider, batch, self._resources.look_seconds)
        kept = {row.id: row for row in rows}
        return [kept.get(bought["id"]) for bought in batch]

    async def _settle(self, row: Row[Any], error: ProviderError) -> None:
        engine, lane = self._resources.engine, self._resources.provider.name
        match error:
            case ProviderThrottled():
                await note_throttle(engine, lane, error.retry_after, str(error))
            case ProviderDown() | ProviderUnclear():
                await note_failure(engine, lane, row.attempt_at, str(error))
        if (verdict := on_error(error, row.retry_count)) is None:
            # It may have been sold. The lease runs on; when it ends, the watcher reads the provider's list.
            await note_trouble(engine, row, str(error))
            return
        await self._let_go(row, verdict)

    async def _let_go(self, row: Row[Any], verdict: TryAgain | GiveUp) -> None:
        engine = self._resources.engine
        match verdict:
            case GiveUp(why):
                moved = await give_up(engine, Status.PROCESSING, row, why)
            case TryAgain(delay, why, unsold):
                moved = await try_again(engine, row, why, delay=delay, unsold=unsold)
        self._resources.notices.note(moved)
        self._resources.doorbell.ring(Bell.START)
