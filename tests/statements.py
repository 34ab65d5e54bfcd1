"""How many statements an engine runs, counted where they are sent."""

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine


class Statements:
    """Counts from now on those that `part` is in."""

    def __init__(self, engine: AsyncEngine, part: str = "") -> None:
        self.count = 0
        self._part = part
        event.listen(engine.sync_engine, "before_cursor_execute", self._note)

    def _note(self, _connection: object, _cursor: object, sql: str, *_: object) -> None:
        self.count += self._part in sql
