"""The buyer: asks one provider for what was claimed there."""

import asyncio
import dataclasses
import logging
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row
from sqlalchemy.exc import DBAPIError

from actors.leases import Leases
from actors.resources import Resources
from actors.sources import Sources
from actors.task_pool import TaskPool
from pipeline.advance import let_go, note_trouble
from pipeline.breaker import note_failure, note_throttle
from pipeline.coalesce import Coalescer
from pipeline.doorbell import Bell
from pipeline.errors import (
    NotFound,
    ProviderDown,
    ProviderError,
    ProviderThrottled,
    ProviderUnclear,
    SourceError,
)
from pipeline.providers import Prediction, Provider
from pipeline.purchase import count_surplus, mark_asked, record_predictions, renew_calls
from pipeline.statements import Written, blames_a_row, repeats_a_prediction, written
from pipeline.sweep import known_predictions
from pipeline.verdict import GiveUp, TryAgain, elsewhere, on_error, on_source
from schema.statuses import Status

log = logging.getLogger(__name__)

ASKING = 256
"""How many purchases one worker has under way at one provider; the lane's cap is what limits them all."""

REPEATED = "the provider's answer had the id of another generation's prediction"

CALLED_OFF = frozenset({Status.CANCELLED, Status.FAILED})


class Buyer:
    """Buys a prediction for each claimed row, at one provider."""

    def __init__(self, resources: Resources, provider: Provider) -> None:
        self._resources = resources
        self._provider = provider
        self._lease = resources.settings.lease_seconds
        self.pool = TaskPool(ASKING)
        self.behind = False
        """Whether more may wait here than the last look has claimed."""
        self._sources = Sources(resources.guard, resources.inspections)
        self._record: Coalescer[Written, Row[Any] | None] = Coalescer(self._write_down, splits=blames_a_row)
        self._mark: Coalescer[Written, bool] = Coalescer(self._mark_asked, splits=blames_a_row)
        # A call whose row is taken away goes on: its answer is the only word that there will ever be of it.
        self._calls = Leases(resources.engine, self._lease, renew=renew_calls, cancels=False)

    @property
    def name(self) -> str:
        """The provider's."""
        return self._provider.name

    def begin(self, row: Row[Any], lease_ends: float) -> None:
        """Buy for a row that was claimed here; `lease_ends` by the loop's clock."""
        self.pool.spawn(self.ask(row, lease_ends))

    async def ask(self, row: Row[Any], lease_ends: float) -> None:
        """Buy one prediction, unless so much of the lease is gone that somebody else might be buying it soon."""
        timeout = self._lease / 2
        try:
            # Before the last look at the clock: it may take a while, and nothing is paid without it.
            inputs = row.input if row.source_image_url is None else await self._sources.filled(row, timeout / 2)
        except SourceError as error:
            await self._let_go(row, on_source(error, row.retry_count))
            return
        if not self._provider.abilities.lists:
            # The mark holds the row for another lease, and says whether it is still ours.
            asked = asyncio.get_running_loop().time()
            if not await self._mark(written({"id": row.id, "fence": row.fence})):
                return
            lease_ends = asked + self._lease
        if lease_ends - asyncio.get_running_loop().time() <= timeout:
            return
        try:
            prediction = await self._buy(row, inputs, timeout)
        except ProviderError as error:
            await self._settle(row, error)
            return
        try:
            if _is_anothers(inputs, prediction):
                await self._keep_apart(row, prediction)
            else:
                await self._keep(row, prediction)
        except DBAPIError as error:
            if not repeats_a_prediction(error):
                raise
            await self._keep_apart(row, prediction)

    async def _buy(self, row: Row[Any], inputs: Mapping[str, Any], timeout: float) -> Prediction:
        asked = row.provider_model or row.model_id, row.model_version, inputs, await self._webhook(row)
        if (within := self._provider.abilities.answers_within) is None:
            return await self._provider.create(*asked, timeout)
        with self._calls.held(row):
            return await self._provider.create(*asked, within)

    async def _webhook(self, row: Row[Any]) -> str | None:
        if (base := self._provider.callback_base) is None:
            return None
        return await self._resources.addresses.address(base, self._provider.name, row.id, row.attempt_number)

    async def _keep(self, row: Row[Any], prediction: Prediction) -> None:
        # The commonest case in one statement. A lane in trouble must hear that a purchase succeeded: that is `record`.
        if not row.lane_in_trouble and await self._commit(row, prediction):
            return
        bought = {"id": row.id, "attempt": row.attempt_number, "prediction_id": prediction.id}
        kept = await self._record(written(bought))
        if row.lane_in_trouble:
            # More may go now.
            self._resources.doorbell.ring(Bell.START)
        if kept is None or not (kept.status or kept.known):
            await self._disown(row, prediction)
        elif kept.status in CALLED_OFF and not prediction.finished:
            self._resources.doorbell.ring(Bell.CANCEL)
        else:
            await self._commit(row, prediction)

    async def _keep_apart(self, row: Row[Any], prediction: Prediction) -> None:
        """Keep what came under the id of another generation's prediction, as a cache between us and the provider may
        answer.
        """
        if self._provider.abilities.answers_within is not None:
            # The pictures are in the answer; the id is only a name for them.
            own = f"{prediction.id}/{row.id}/{row.attempt_number}"
            await self._keep(row, dataclasses.replace(prediction, id=own))
            return
        # Whether anything was bought for this one, the provider's list or its webhook tells.
        log.warning("generation %s: %s (%s)", row.id, REPEATED, prediction.id)
        await note_trouble(self._resources.engine, row, REPEATED)

    async def _commit(self, row: Row[Any], prediction: Prediction) -> bool:
        if (record := prediction.record()) is None:
            return False
        taken = await self._resources.callbacks.commit(
            row.id, row.attempt_number, prediction.id, record, provider=self._provider.name
        )
        if taken:
            self._resources.doorbell.ring(Bell.COLLECT)
        return taken

    async def _disown(self, row: Row[Any], prediction: Prediction) -> None:
        """The row has gone on without this purchase: this worker was frozen for longer than its lease."""
        if await known_predictions(self._resources.engine, self._provider.name, [prediction.id]):
            # It is another generation's: not ours to stop.
            return
        if await count_surplus(self._resources.engine, row.id, prediction.id, self._provider.name):
            log.warning("generation %s: prediction %s came too late; it is cancelled", row.id, prediction.id)
        if prediction.finished:
            return
        try:
            await self._provider.cancel(row.provider_model or row.model_id, prediction.id)
        except (ProviderError, NotFound) as error:
            log.warning("prediction %s, which nobody uses, may run on: %s", prediction.id, error)

    async def _write_down(self, batch: list[Written]) -> list[Row[Any] | None]:
        look = self._resources.look_seconds(self._provider)
        rows = await record_predictions(self._resources.engine, self._provider.name, batch, look)
        kept = {row.id: row for row in rows}
        return [kept.get(bought.id) for bought in batch]

    async def _mark_asked(self, batch: list[Written]) -> list[bool]:
        ours = await mark_asked(self._resources.engine, batch, self._lease)
        return [row.id in ours for row in batch]

    async def _settle(self, row: Row[Any], error: ProviderError) -> None:
        engine, lane = self._resources.engine, self._provider.name
        match error:
            case ProviderThrottled():
                await note_throttle(engine, lane, error.retry_after, str(error))
            case ProviderDown() | ProviderUnclear():
                await note_failure(engine, lane, row.attempt_at, str(error))
        if (verdict := on_error(error, row.retry_count)) is None:
            # It may have been sold. The lease runs on; when it ends, the watcher finds out, or waits.
            await note_trouble(engine, row, str(error))
            return
        await self._let_go(row, verdict)

    async def _let_go(self, row: Row[Any], verdict: TryAgain | GiveUp) -> None:
        self._resources.notices.note(await let_go(self._resources.engine, row, elsewhere(verdict, row)))
        self._resources.doorbell.ring(Bell.START)


def _is_anothers(inputs: Mapping[str, Any], prediction: Prediction) -> bool:
    """Whether a provider that shows the input has answered with a prediction of another seed: seeds are drawn anew."""
    shown = (prediction.input or {}).get("seed")
    return isinstance(shown, int) and "seed" in inputs and shown != inputs["seed"]
