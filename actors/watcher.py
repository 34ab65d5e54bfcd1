"""The watcher: asks the provider after predictions nobody has heard of, inside its limits of reads."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Row

from actors.resources import Resources
from pipeline.advance import give_up, try_again
from pipeline.doorbell import Bell
from pipeline.errors import NotFound, ProviderError
from pipeline.providers import Prediction
from pipeline.sweep import adopt, known_predictions, take_overdue
from pipeline.verdict import GiveUp, TryAgain, on_lost
from schema.statuses import Status

log = logging.getLogger(__name__)

CLOCK_SKEW = timedelta(seconds=60)
"""How far the provider's clock may be from Postgres'."""
SINGLE_READS = 5
"""Up to so many predictions are read one by one; more come from the list, a hundred a read."""
MOST_PAGES = 100


class Watcher:
    """Looks after the rows that are processing and overdue."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    async def look(self) -> None:
        """One round: take what is overdue, ask the provider, commit what it says."""
        overdue = await take_overdue(
            self._resources.engine, self._resources.provider.name, self._resources.look_seconds
        )
        known = {row.replicate_prediction_id: row for row in overdue if row.replicate_prediction_id}
        orphans = [row for row in overdue if not row.replicate_prediction_id]
        try:
            listed = await self._list(overdue) if orphans or len(known) > SINGLE_READS else []
            for prediction in listed:
                if row := known.pop(prediction.id, None):
                    await self._hear(row, prediction)
            for prediction_id, row in known.items():
                await self._ask(prediction_id, row)
            await self._adopt(orphans, listed)
        except ProviderError as error:
            log.warning("the watcher could not ask the provider (it will again): %s", error)

    async def _list(self, rows: Sequence[Row[Any]]) -> list[Prediction]:
        since: datetime = min(row.attempt_at for row in rows) - CLOCK_SKEW
        found: list[Prediction] = []
        pages = 0
        async for page in self._resources.provider.list(since):
            found += page
            pages += 1
            if pages >= MOST_PAGES:
                break
        return found

    async def _ask(self, prediction_id: str, row: Row[Any]) -> None:
        try:
            prediction = await self._resources.provider.get(prediction_id)
        except NotFound:
            await self._lost(row, "the provider no longer knows the prediction")
        except ProviderError as error:
            # One that cannot be read must not hold up those behind it.
            log.warning("generation %s: the watcher could not ask after it (it will again): %s", row.id, error)
        else:
            await self._hear(row, prediction)

    async def _hear(self, row: Row[Any], prediction: Prediction) -> None:
        if (record := prediction.record()) is None:
            return
        if await self._resources.callbacks.commit(row.id, row.attempt_number, prediction.id, record):
            await self._resources.doorbell.ring(Bell.COLLECT)

    async def _adopt(self, orphans: Sequence[Row[Any]], listed: Sequence[Prediction]) -> None:
        """Find each orphan's prediction by its input and time, among those that belong to no row yet."""
        if not orphans:
            return
        ids = orjson.dumps([prediction.id for prediction in listed]).decode()
        taken = await known_predictions(self._resources.engine, self._resources.provider.name, ids)
        free = [prediction for prediction in listed if prediction.id not in taken]
        for row in orphans:
            matches = [prediction for prediction in free if _bought_for(row, prediction)]
            if matches:
                if len(matches) > 1:
                    log.warning("generation %s: %d predictions match; adopting the newest", row.id, len(matches))
                free.remove(matches[0])
                if await adopt(self._resources.engine, row, matches[0].id):
                    await self._hear(row, matches[0])
            elif (row.now - row.attempt_at).total_seconds() >= self._resources.settings.lease_seconds:
                # The purchase's own timeout is half a lease, so by now it cannot be under way any more.
                await self._lost(row, "its worker was lost before anything was bought")

    async def _lost(self, row: Row[Any], why: str) -> None:
        match on_lost(why, row.attempt_number, row.max_attempts, row.retry_count):
            case GiveUp(reason):
                moved = await give_up(self._resources.engine, Status.PROCESSING, row, reason)
            case TryAgain(delay, reason, unsold):
                moved = await try_again(self._resources.engine, row, reason, delay=delay, unsold=unsold)
        self._resources.notices.note(moved)


def _bought_for(row: Row[Any], prediction: Prediction) -> bool:
    """Whether this prediction can only be the row's: same input (its seed is drawn at submit), bought since."""
    if prediction.input != row.input:
        return False
    return prediction.created_at is None or prediction.created_at >= row.attempt_at - CLOCK_SKEW
