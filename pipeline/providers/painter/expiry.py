"""Forgetting: Replicate deletes input, output, files and logs an hour after an API prediction completed."""

import asyncio
import time
from collections import deque

from pipeline.providers.painter.outputs import Outputs
from pipeline.providers.painter.prediction import Prediction

# Source of the hour: https://replicate.com/docs/topics/predictions/data-retention


class Expiry:
    """Removes the data of completed predictions when their time is over. `ttl` is in seconds."""

    def __init__(self, outputs: Outputs, ttl: float) -> None:
        self._outputs = outputs
        self._ttl = ttl
        self._waiting: deque[Prediction] = deque()
        self._more = asyncio.Event()

    def add(self, prediction: Prediction) -> None:
        """Watch a prediction that has completed; they come in the order of completion, so the first is due first."""
        self._waiting.append(prediction)
        self._more.set()

    async def run(self) -> None:
        """Forget for ever."""
        while True:
            self._more.clear()
            while self._waiting:
                due = (self._waiting[0].completed or 0.0) + self._ttl
                if (left := due - time.time()) > 0:
                    await asyncio.sleep(left)
                    continue
                await self._forget(self._waiting.popleft())
            await self._more.wait()

    async def _forget(self, prediction: Prediction) -> None:
        prediction.data_removed = True
        prediction.input = None
        if not prediction.prepared:
            await asyncio.to_thread(self._outputs.remove, prediction.id)
