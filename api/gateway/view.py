"""A view: one row as a look read it, its JSON made once however many sockets it goes to."""

from enum import Enum
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row

from api.gateway.frame import Frame, frame_of
from pipeline.moves import as_move
from pipeline.resource import as_resource
from schema.statuses import Status


class Own(Enum):
    """The cursor of one generation's topic: each entry's own version."""

    VERSION = "version"


class View:
    """A generation at one moment, ready to be framed."""

    def __init__(self, row: Row[Any]) -> None:
        self._row = row
        self.id: UUID = row.id
        self.version: int = row.version
        self.user_id: str | None = row.user_id
        self.status = Status(row.status)
        self.move = as_move(row)
        self._frames: dict[tuple[str, int, str | Own | None], list[Frame]] = {}

    @cached_property
    def resource(self) -> dict[str, Any]:
        """The generation as everyone outside sees it."""
        return as_resource(self._row)

    @cached_property
    def _encoded(self) -> orjson.Fragment:
        return orjson.Fragment(orjson.dumps(self.resource, default=str))

    def version_before(self, horizon: int) -> int:
        """The version that it had before the first of its transitions that `horizon` does not cover."""
        changes: list[int] = self._row.changes
        fresh = next((n for n, change in enumerate(changes) if change >= horizon), len(changes))
        return self.version - len(changes) + fresh

    def after(self, version: int) -> list[dict[str, Any]]:
        """The timeline's entries above `version`, oldest first."""
        return [entry for entry in self.resource["timeline"] if entry["v"] > version]

    def frames(self, topic: str, last: int, cursor: str | Own | None) -> list[Frame]:
        """The entries above version `last` as frames of `topic`: made once for all who have been sent as much."""
        key = topic, last, cursor
        if (made := self._frames.get(key)) is None:
            made = self._frames[key] = [self.frame(topic, entry, cursor) for entry in self.after(last)]
        return made

    def frame(self, topic: str, entry: dict[str, Any], cursor: str | Own | None) -> Frame:
        """← transition: the status is the entry's, the generation beside it is the row as it stands now."""
        return frame_of(
            {
                "type": "transition",
                "topic": topic,
                "cursor": entry["v"] if cursor is Own.VERSION else cursor,
                "id": self.resource["id"],
                "status": entry["status"],
                "version": entry["v"],
                "at": entry["at"],
                "generation": self._encoded,
            }
        )
