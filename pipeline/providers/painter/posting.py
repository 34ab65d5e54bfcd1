"""Which webhook goes out when, and in which order."""

import asyncio
import time
from collections.abc import Callable

import orjson

from pipeline.providers.painter.prediction import Prediction
from pipeline.providers.painter.tasks import Tasks
from pipeline.providers.painter.webhooks.delivery import Deliveries

INTERMEDIATE_SECONDS = 0.5
"""Output and logs webhooks go out at most this often, https://replicate.com/docs/topics/webhooks/setup-webhook."""

Show = Callable[[Prediction], dict[str, object]]
"""A webhook's body for a prediction as it is now."""


class Posting:
    """Lines up each prediction's webhooks: one waits for the one before it."""

    def __init__(self, deliveries: Deliveries, tasks: Tasks, show: Show) -> None:
        self._deliveries = deliveries
        self._tasks = tasks
        self._show = show

    def post(self, prediction: Prediction, event: str) -> None:
        """Send the prediction as it is now, where the event was asked for."""
        if prediction.webhook is None or event not in prediction.events:
            return
        body = orjson.dumps(self._show(prediction))
        if event == "start" and prediction.fault("reorder_webhook"):
            prediction.held = body
            return
        self._line_up(prediction, event, body)
        if event == "completed" and prediction.held is not None:
            self._line_up(prediction, "start", prediction.held)
            prediction.held = None

    def post_intermediate(self, prediction: Prediction, event: str) -> None:
        """Send an output or logs webhook, unless one went out a moment ago."""
        now = time.time()
        if now - prediction.posted >= INTERMEDIATE_SECONDS:
            prediction.posted = now
            self.post(prediction, event)

    def _line_up(self, prediction: Prediction, event: str, body: bytes) -> None:
        before = prediction.posting
        prediction.posting = self._tasks.spawn(self._deliver(prediction, event, body, before))

    async def _deliver(
        self, prediction: Prediction, event: str, body: bytes, before: asyncio.Task[None] | None
    ) -> None:
        if before is not None and not before.done():
            await asyncio.wait((before,))
        await self._deliveries.deliver(prediction, event, body)
        if prediction.posting is asyncio.current_task():
            prediction.posting = None
