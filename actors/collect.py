"""collect: processing → downloading. Takes finished predictions from their rows; asks nobody."""

from typing import Any

from sqlalchemy import Row

from actors.resources import Resources
from actors.turns import Turns
from pipeline.advance import collect_finished, let_go
from pipeline.doorbell import Bell
from pipeline.moves import Move
from pipeline.row_errors import RowErrors
from pipeline.verdict import on_undeveloped

LARGEST = 200


class Collect:
    """Moves finished predictions on, or back, or out."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
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
        verdict = on_undeveloped(row.prediction, row.attempts, row.max_attempts, row.retry_count)
        return await let_go(self._resources.engine, row, verdict)
