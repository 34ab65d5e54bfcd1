"""Running one prediction: starting, processing, its end."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from pipeline.providers.painter.expiry import Expiry
from pipeline.providers.painter.ledger import Ledger
from pipeline.providers.painter.outputs import PREPARED_ENDING, Outputs
from pipeline.providers.painter.painting_thread import PaintingThread
from pipeline.providers.painter.posting import INTERMEDIATE_SECONDS, Posting
from pipeline.providers.painter.prediction import Prediction
from pipeline.providers.painter.size import PictureRequest

STARTING_SHARE = 0.25
"""How much of a prediction's seconds it spends in `starting`."""

Read = Callable[[str, Mapping[str, Any]], PictureRequest]
"""The pictures that a model's input, checked before, asks for."""

log = logging.getLogger(__name__)


class Running:
    """Takes predictions through their statuses. With `prepared` nothing is painted."""

    def __init__(
        self,
        ledger: Ledger,
        posting: Posting,
        expiry: Expiry,
        outputs: Outputs,
        thread: PaintingThread,
        read: Read,
        *,
        prepared: bool,
    ) -> None:
        self._ledger = ledger
        self._posting = posting
        self._expiry = expiry
        self._outputs = outputs
        self._thread = thread
        self._read = read
        self._prepared = prepared

    async def run(self, prediction: Prediction) -> None:
        """Run a prediction to its end, or until its deadline, or until it is cancelled."""
        left = None if prediction.deadline is None else prediction.deadline - time.time()
        try:
            async with asyncio.timeout(left):
                await asyncio.sleep(prediction.seconds * STARTING_SHARE)
                self._start(prediction)
                await self._process(prediction)
        except TimeoutError:
            # Past its deadline, https://replicate.com/changelog/2025-10-16-prediction-deadlines
            if not prediction.terminal:
                self.finish(prediction, "canceled" if prediction.started else "aborted")

    def finish(self, prediction: Prediction, status: str, error: str | None = None) -> None:
        """Give a prediction its terminal status: into the ledger first, then to the webhook."""
        prediction.status, prediction.error, prediction.completed = status, error, time.time()
        if status != "succeeded":
            prediction.outputs.clear()
        self._ledger.append(
            {
                "fact": "finished",
                "id": prediction.id,
                "at": prediction.completed,
                "status": status,
                "error": error,
                "outputs": prediction.outputs,
                "prepared": prediction.prepared,
            }
        )
        prediction.ended.set()
        prediction.run = None  # a finished task is a kilobyte, and predictions are remembered for long
        self._expiry.add(prediction)
        self._posting.post(prediction, "completed")

    def _start(self, prediction: Prediction) -> None:
        prediction.status, prediction.started = "processing", time.time()
        self._ledger.append({"fact": "started", "id": prediction.id, "at": prediction.started})
        self._posting.post(prediction, "start")

    async def _process(self, prediction: Prediction) -> None:
        await self._pass_time(prediction, prediction.seconds * (1 - STARTING_SHARE))
        if (fail := prediction.fault("fail")) is not None:
            self.finish(prediction, "failed", fail.own["message"])
        elif self._prepared:
            prediction.prepared = True
            request = self._read(prediction.model, prediction.input or {})
            prediction.outputs.extend(f"{index}.{PREPARED_ENDING}" for index in range(request.count))
            self.finish(prediction, "succeeded")
        else:
            await self._paint(prediction)

    async def _pass_time(self, prediction: Prediction, seconds: float) -> None:
        while "logs" in prediction.events and seconds > INTERMEDIATE_SECONDS:
            await asyncio.sleep(INTERMEDIATE_SECONDS)
            seconds -= INTERMEDIATE_SECONDS
            self._posting.post_intermediate(prediction, "logs")
        await asyncio.sleep(seconds)

    async def _paint(self, prediction: Prediction) -> None:
        request = self._read(prediction.model, prediction.input or {})
        try:
            for index in range(request.count):
                name = await self._thread.run(self._outputs.paint, prediction.id, index, request, prediction.seed)
                prediction.outputs.append(name)
                self._posting.post_intermediate(prediction, "output")
        except (OSError, MemoryError, ValueError) as error:
            # A full disk or too little memory ends the prediction, as a model's crash ends one at Replicate.
            log.exception("prediction %s could not be painted", prediction.id)
            self.finish(prediction, "failed", f"{type(error).__name__}: {error}")
        else:
            self.finish(prediction, "succeeded")
