"""Orphans: rows whose attempt is committed and whose prediction nobody knows. It is found in the provider's list."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from actors.resources import Resources
from pipeline.models import without_source
from pipeline.providers import Prediction, Provider
from pipeline.providers.prediction import NAMELESS
from pipeline.purchase import count_surplus
from pipeline.row_errors import RowErrors
from pipeline.sweep import adopt, known_predictions

log = logging.getLogger(__name__)

CLOCK_SKEW = timedelta(seconds=60)
"""How far the provider's clock may be from Postgres'."""
NOTHING_BOUGHT = "its worker was lost before anything was bought"


class Orphans:
    """Gives orphans the predictions that were bought for them, or says that nothing was bought."""

    def __init__(
        self,
        resources: Resources,
        hear: Callable[[Row[Any], Prediction], Awaitable[None]],
        lost: Callable[[Row[Any], str], Awaitable[None]],
        untold: Callable[[Row[Any]], Awaitable[None]],
        provider: Provider,
    ) -> None:
        self._resources = resources
        self._hear = hear
        self._lost = lost
        self._untold = untold
        self._provider = provider
        self._row_errors = RowErrors("orphans")

    async def settle(self, orphans: Sequence[Row[Any]], listed: Sequence[Prediction], *, complete: bool) -> None:
        """Match `orphans` with what was `listed`; `complete` says that it is all that was bought since."""
        if not orphans:
            return
        nameless = [prediction for prediction in listed if prediction.id == NAMELESS]
        ids = [prediction.id for prediction in listed if prediction.id != NAMELESS]
        taken = await known_predictions(self._resources.engine, self._provider.name, ids)
        free = [prediction for prediction in listed if prediction.id not in taken and prediction.id != NAMELESS]
        # First each takes its own; what then still matches one of them was bought too often.
        empty_handed = list[Row[Any]]()
        for row in orphans:
            with self._row_errors.of(row.id):
                if not await self._take_own(row, free):
                    empty_handed.append(row)
        for row in orphans:
            with self._row_errors.of(row.id):
                for surplus in [prediction for prediction in free if _bought_for(row, prediction)]:
                    free.remove(surplus)
                    await self._count(row, surplus)
        for row in empty_handed:
            with self._row_errors.of(row.id):
                await self._settle_empty_handed(row, nameless, complete=complete)

    async def _settle_empty_handed(self, row: Row[Any], nameless: Sequence[Prediction], *, complete: bool) -> None:
        # The purchase's own timeout is half a lease, so after a whole one it cannot be under way any more.
        if not complete or (row.now - row.attempt_at).total_seconds() < self._resources.settings.lease_seconds:
            return
        if any(_bought_for(row, prediction) for prediction in nameless):
            # It was bought, and the list does not say under which id.
            await self._untold(row)
        else:
            await self._lost(row, NOTHING_BOUGHT)

    async def _take_own(self, row: Row[Any], free: list[Prediction]) -> bool:
        """Adopt one of the `free` predictions, best one that brings a picture or still may; take it off the list."""
        matches = sorted((one for one in free if _bought_for(row, one)), key=_came_to_nothing)
        for adopted in matches[:1]:
            free.remove(adopted)
            if await adopt(self._resources.engine, row, adopted.id):
                await self._hear(row, adopted)
        return bool(matches)

    async def _count(self, row: Row[Any], surplus: Prediction) -> None:
        """Two purchases look alike: the row can use one, and which was meant for it cannot be told."""
        if _came_to_nothing(surplus):
            return
        log.warning("generation %s: prediction %s matches it too", row.id, surplus.id)
        await count_surplus(self._resources.engine, row.id, surplus.id, self._provider.name)


def _bought_for(row: Row[Any], prediction: Prediction) -> bool:
    """Whether this prediction can only be the row's: same input (its seed is drawn at submit), bought since."""
    if prediction.input is None or prediction.id in row.past_predictions:
        return False
    if without_source(row.model_id, row.provider, prediction.input) != without_source(
        row.model_id, row.provider, row.input
    ):
        return False
    return prediction.created_at is None or prediction.created_at >= row.attempt_at - CLOCK_SKEW


def _came_to_nothing(prediction: Prediction) -> bool:
    return prediction.finished and not prediction.output and prediction.unreadable is None
