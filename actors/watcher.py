"""The watcher: asks the provider after predictions nobody has heard of, inside its limits of reads."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from actors.orphans import CLOCK_SKEW, Orphans
from actors.rate import Rate
from actors.resources import Resources
from actors.throttle import Throttle
from actors.unheard import Unheard
from pipeline.advance import give_up, let_go
from pipeline.cancel import stopped
from pipeline.doorbell import Bell
from pipeline.errors import AnswerUnreadable, NotFound, ProviderError, ProviderThrottled, ProviderUnclear
from pipeline.providers import Prediction, Provider
from pipeline.row_errors import RowErrors
from pipeline.sweep import take_overdue
from pipeline.verdict import elsewhere, on_lost
from schema.statuses import Status

log = logging.getLogger(__name__)

SINGLE_READS = 5
"""Up to so many predictions are read one by one; more come from the list, a hundred a read."""
LARGEST_ROUND = 10_000
MOST_PAGES = 200
DEADLINE = "the deadline passed before the picture was there"


class Watcher:
    """Looks after the rows whose provider, this one, is overdue."""

    def __init__(self, resources: Resources, provider: Provider) -> None:
        self._resources = resources
        self._provider = provider
        self._rate = Rate(provider.abilities.reads_per_minute)
        self._throttle = Throttle()
        self._unheard = Unheard(resources, self._lost)
        self._orphans = Orphans(resources, self._hear, self._lost, self._unheard.end, provider)
        self._round_seconds = 0.0
        self._row_errors = RowErrors(f"the watcher of {provider.name}")

    async def look(self) -> None:
        """One round: take what is overdue, ask the provider, commit what it says."""
        if self._throttle.wait():
            # What is overdue stays so.
            return
        loop = asyncio.get_running_loop()
        begun = loop.time()
        # A round that takes long, because very many are in flight, may not leave the next one no time to breathe.
        again = max(self._resources.look_seconds(self._provider), 3 * self._round_seconds)
        overdue = await take_overdue(self._resources.engine, self._provider.name, again, LARGEST_ROUND)
        known = {row.replicate_prediction_id: row for row in overdue if row.replicate_prediction_id}
        orphans = [row for row in overdue if not row.replicate_prediction_id]
        try:
            complete, listed = True, list[Prediction]()
            lists = self._provider.abilities.lists
            if lists and (orphans or len(known) > SINGLE_READS):
                complete, listed = await self._list(overdue, set(known), everything=bool(orphans))
            for prediction in listed:
                if row := known.pop(prediction.id, None):
                    with self._row_errors.of(row.id):
                        await self._hear(row, prediction)
            # The list forgets and pages end: what it did not show is asked for by its name.
            for prediction_id, row in list(known.items())[: int(self._provider.abilities.reads_per_minute // 60)]:
                with self._row_errors.of(row.id):
                    if not await self._ask(prediction_id, row):
                        break
            if lists:
                await self._orphans.settle(orphans, listed, complete=complete)
            else:
                await self._unheard.settle(orphans)
        except ProviderError as error:
            self._note(error)
            log.warning("the watcher could not ask the provider (it will again): %s", error)
        finally:
            self._round_seconds = loop.time() - begun

    async def _list(
        self, rows: Sequence[Row[Any]], wanted: set[str], *, everything: bool
    ) -> tuple[bool, list[Prediction]]:
        """What was bought since the oldest of `rows`, and whether that is all; less when every wanted one is found."""
        found: list[Prediction] = []
        pages = 0
        await self._rate.take()
        begun = asyncio.get_running_loop().time()
        try:
            async for page in self._provider.list(min(row.attempt_at for row in rows) - CLOCK_SKEW):
                self._throttle.taken(begun)
                found += page
                pages += 1
                wanted -= {prediction.id for prediction in page}
                if pages >= MOST_PAGES:
                    return False, found
                if not wanted and not everything:
                    break
                await self._rate.take()
                begun = asyncio.get_running_loop().time()
        except ProviderError as error:
            # A page that is there and cannot be read (it may be one stranger's doing) says nothing of those whose
            # predictions can be asked for by their names.
            if not pages and not isinstance(error, AnswerUnreadable | ProviderUnclear):
                raise
            # What the pages before have shown is true all the same; what they have not shown is not known.
            self._note(error)
            log.warning("the provider's list ends after %d pages, before its end: %s", pages, error)
            return False, found
        return True, found

    def _note(self, error: ProviderError) -> None:
        if isinstance(error, ProviderThrottled):
            self._throttle.note(error.retry_after)

    async def _ask(self, prediction_id: str, row: Row[Any]) -> bool:
        """Ask after one prediction; False when the provider wants no more reads now."""
        await self._rate.take()
        begun = asyncio.get_running_loop().time()
        try:
            prediction = await self._provider.get(row.provider_model or row.model_id, prediction_id)
        except NotFound:
            self._throttle.taken(begun)
            await self._lost(row, "the provider no longer knows the prediction")
        except ProviderThrottled as error:
            self._note(error)
            log.warning("the watcher asks nothing more for %.0f s: %s", error.retry_after, error)
            return False
        except ProviderError as error:
            # One that cannot be read must not hold up those behind it.
            log.warning("generation %s: the watcher could not ask after it (it will again): %s", row.id, error)
        else:
            self._throttle.taken(begun)
            await self._hear(row, prediction)
        return True

    async def _hear(self, row: Row[Any], prediction: Prediction) -> None:
        record = prediction.record()
        if record is not None:
            name = self._provider.name
            if await self._resources.callbacks.commit(row.id, row.attempt_number, prediction.id, record, provider=name):
                self._resources.doorbell.ring(Bell.COLLECT)
        elif row.status != Status.PROCESSING:
            self._resources.doorbell.ring(Bell.CANCEL)
        elif row.deadline is not None and row.deadline <= row.now:
            moved = await give_up(self._resources.engine, Status.PROCESSING, row, DEADLINE, running=True)
            self._resources.notices.note(moved)
            self._resources.doorbell.ring(Bell.CANCEL)

    async def _lost(self, row: Row[Any], why: str) -> None:
        if row.status != Status.PROCESSING:
            await stopped(self._resources.engine, row, None)
            return
        verdict = on_lost(why, row.attempts, row.max_attempts, row.retry_count, trouble=row.error_message)
        self._resources.notices.note(await let_go(self._resources.engine, row, elsewhere(verdict, row)))
        self._resources.doorbell.ring(Bell.START)
