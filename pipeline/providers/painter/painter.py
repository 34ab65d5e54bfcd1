"""The painter: sells predictions, and takes up those that an earlier process sold."""

import base64
import random
import secrets
import time

from pipeline.providers.painter.expiry import Expiry
from pipeline.providers.painter.faults.dice import Dice
from pipeline.providers.painter.faults.rules import RUN, WEBHOOK, read_rules
from pipeline.providers.painter.ledger import Ledger, Sold
from pipeline.providers.painter.order import Order
from pipeline.providers.painter.posting import Posting
from pipeline.providers.painter.prediction import Prediction
from pipeline.providers.painter.predictions import Predictions
from pipeline.providers.painter.running import Running
from pipeline.providers.painter.tasks import Tasks

AT_SALE = frozenset({RUN, WEBHOOK})
ID_BYTES = 16


class Painter:
    """All predictions of one home. Lives on one event loop. `seconds` is how long predictions take, lowest and
    highest."""

    def __init__(
        self,
        seconds: tuple[float, float],
        dice: Dice,
        ledger: Ledger,
        running: Running,
        posting: Posting,
        expiry: Expiry,
        tasks: Tasks,
    ) -> None:
        self.predictions = Predictions()
        self.dice = dice
        self._seconds = seconds
        self._ledger = ledger
        self._running = running
        self._posting = posting
        self._expiry = expiry
        self._tasks = tasks

    def sell(self, order: Order, cancel_after: float | None) -> Prediction:
        """Sell one prediction: it is in the ledger and runs when this returns. `cancel_after` is in seconds."""
        now = self.predictions.created_now(time.time())
        faults = self.dice.draw(AT_SALE, order.picture.prompt)
        slower = sum(rule.own["seconds"] for rule in faults if rule.fault == "slow")
        prediction = Prediction(
            id=base64.b32encode(secrets.token_bytes(ID_BYTES)).decode().rstrip("=").lower(),
            model=order.model,
            version=order.version,
            input=order.input,
            webhook=order.webhook,
            events=order.events,
            seconds=random.uniform(*self._seconds) + slower,
            deadline=None if cancel_after is None else now + cancel_after,
            faults=faults,
            created=now,
        )
        self._ledger.append(
            {
                "fact": "sold",
                "id": prediction.id,
                "at": now,
                "model": prediction.model,
                "version": prediction.version,
                "input": prediction.input,
                "webhook": prediction.webhook,
                "events": list(prediction.events),
                "seconds": prediction.seconds,
                "deadline": prediction.deadline,
                "faults": [rule.shown() for rule in faults],
            }
        )
        self.predictions.add(prediction)
        self._run(prediction)
        return prediction

    def cancel(self, prediction: Prediction) -> None:
        """Cancel a prediction at once; one that finished first stays as it is."""
        if prediction.terminal:
            return
        run = prediction.run
        self._running.finish(prediction, "canceled")
        if run is not None:
            run.cancel()

    def resume(self, sold: list[Sold]) -> int:
        """Take up what an earlier process left, oldest first; returns how many predictions run again.

        An unfinished one runs its whole time anew. A terminal webhook that nobody took gets a fresh minute of tries.
        """
        finished = []
        for one in sold:
            prediction = _remembered(one)
            self.predictions.add(prediction)
            if not prediction.terminal:
                self._run(prediction)
                continue
            finished.append(prediction)
            if not one.settled:
                self._posting.post(prediction, "completed")
        for prediction in sorted(finished, key=lambda one: one.completed or 0.0):
            self._expiry.add(prediction)
        return len(sold) - len(finished)

    def _run(self, prediction: Prediction) -> None:
        prediction.run = self._tasks.spawn(self._running.run(prediction))


def _remembered(sold: Sold) -> Prediction:
    prediction = Prediction(
        id=sold.id,
        model=sold.model,
        version=sold.version,
        input=sold.input,
        webhook=sold.webhook,
        events=frozenset(sold.events),
        seconds=sold.seconds,
        deadline=sold.deadline,
        faults=read_rules(sold.faults),
        created=sold.created_at,
        started=sold.started_at,
        completed=sold.completed_at,
        status=sold.status,
        error=sold.error,
        outputs=sold.outputs,
        prepared=sold.prepared,
    )
    if prediction.terminal:
        prediction.ended.set()
    return prediction
