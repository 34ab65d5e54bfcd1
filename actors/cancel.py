"""cancel: stops the provider's meter for rows that were called off, and does not rest before it has stopped."""

import asyncio
import logging
from collections import defaultdict
from typing import Any

from sqlalchemy import Row

from actors.resources import Resources
from actors.task_pool import TaskPool
from actors.throttle import Throttle
from actors.turns import Turns
from pipeline.cancel import claim_running, look_later, stopped
from pipeline.errors import NotFound, ProviderError, ProviderRefused, ProviderThrottled
from pipeline.providers import Prediction

log = logging.getLogger(__name__)

LARGEST_CLAIM = 50
STOPPING = 100
"""How many predictions one worker stops at a time."""
LOOK_AGAIN_SECONDS = 2.0
"""A provider takes its time to stop; until it says so, the row keeps its clock."""


class Cancel:
    """Cancels running predictions at the provider."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self.pool = TaskPool(STOPPING)
        self.turns = Turns(self._look)
        self._throttles: defaultdict[str, Throttle] = defaultdict(Throttle)

    async def _look(self) -> None:
        while True:
            await self.pool.wait_free()
            most = min(LARGEST_CLAIM, self.pool.free)
            claimed = await claim_running(self._resources.engine, most, self._resources.settings.lease_seconds)
            for row in claimed:
                self.pool.spawn(self._stop(row))
            if len(claimed) < most:
                return

    async def _stop(self, row: Row[Any]) -> None:
        throttle = self._throttles[row.provider]
        if wait := throttle.wait():
            await look_later(self._resources.engine, row, max(wait, LOOK_AGAIN_SECONDS))
            return
        begun = asyncio.get_running_loop().time()
        try:
            prediction = await self._ask(row)
        except NotFound:
            throttle.taken(begun)
            # The provider keeps nothing of it, so nothing runs.
            await stopped(self._resources.engine, row, None)
        except ProviderThrottled as error:
            throttle.note(error.retry_after)
            log.warning("generation %s: its prediction is not stopped yet (trying again): %s", row.id, error)
            await look_later(self._resources.engine, row, max(throttle.wait(), LOOK_AGAIN_SECONDS))
        except ProviderError as error:
            log.warning("generation %s: its prediction is not stopped yet (trying again): %s", row.id, error)
            await look_later(self._resources.engine, row, LOOK_AGAIN_SECONDS)
        else:
            throttle.taken(begun)
            if prediction.finished:
                await stopped(self._resources.engine, row, prediction.record())
            else:
                await look_later(self._resources.engine, row, LOOK_AGAIN_SECONDS)

    async def _ask(self, row: Row[Any]) -> Prediction:
        provider = self._resources.provider_of(row)
        asked = row.provider_model or row.model_id, row.replicate_prediction_id
        try:
            return await provider.cancel(*asked)
        except ProviderRefused:
            # Too late to cancel, perhaps: then it reads as finished.
            return await provider.get(*asked)
