"""collect: processing → downloading. Takes finished predictions from their rows.

Asks nobody, but for a prediction that has succeeded with an output that cannot be understood: it has been paid for, so
it is read once more at the provider before it is given up.
"""

from typing import Any

from sqlalchemy import Row

from actors.resources import Resources
from actors.task_pool import TaskPool
from actors.turns import Turns
from pipeline.advance import collect_finished, let_go
from pipeline.doorbell import Bell
from pipeline.errors import NotFound, ProviderError
from pipeline.moves import Move
from pipeline.row_errors import RowErrors
from pipeline.unreadable import hold_unreadable, keep_read
from pipeline.verdict import on_undeveloped

LARGEST = 200
READING = 16
"""How many unreadable predictions one worker reads again at a time."""


class Collect:
    """Moves finished predictions on, or back, or out."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._lease = resources.settings.lease_seconds
        self.pool = TaskPool(READING)
        self._row_errors = RowErrors("collect")
        self.turns = Turns(self._look)

    async def _look(self) -> None:
        while True:
            found = await collect_finished(self._resources.engine, LARGEST)
            if found.moved:
                self._resources.doorbell.ring(Bell.STORE)
            self._resources.notices.note(found.moved)
            for row in found.undeveloped:
                with self._row_errors.of(row.id):
                    self._resources.notices.note(await self._judge(row))
            if found.queued:
                self._resources.doorbell.ring(Bell.START)
            if len(found.moved) + len(found.undeveloped) < LARGEST:
                return

    async def _judge(self, row: Row[Any]) -> list[Move]:
        if row.prediction.get("unreadable") is None:
            return await self._let_go(row)
        # Held before anybody waits, or the next look would find it again.
        held = await hold_unreadable(self._resources.engine, row, self._lease)
        # Whoever finds no place is found again when the lease ends: nobody behind it waits for a slow provider.
        if held and self.pool.free > 0:
            self.pool.spawn(self._read_again(held))
        return []

    async def _read_again(self, row: Row[Any]) -> None:
        try:
            provider = self._resources.provider_of(row)
            prediction = await provider.get(row.provider_model or row.model_id, row.replicate_prediction_id)
        except (NotFound, ProviderError):
            prediction = None
        if prediction is not None and prediction.output:
            await keep_read(self._resources.engine, row, prediction.record() or {})
            self._resources.doorbell.ring(Bell.COLLECT)
            return
        # What the row knows tells more than a provider that does not answer, or has deleted it by now.
        self._resources.notices.note(await self._let_go(row))
        self._resources.doorbell.ring(Bell.START)

    async def _let_go(self, row: Row[Any]) -> list[Move]:
        verdict = on_undeveloped(row.prediction, row.attempts, row.max_attempts, row.retry_count)
        return await let_go(self._resources.engine, row, verdict)
