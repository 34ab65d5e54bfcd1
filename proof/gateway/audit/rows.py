"""The rows as they stand when nothing moves any more."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import asyncpg
import orjson

from proof.plain_connection import fetch

_ROWS = """
    SELECT id::text, user_id, batch_id::text, version, timeline, changes::text, changed::text,
      due_at IS NOT NULL AS has_clock
    FROM image_generations ORDER BY created_at, id
"""


@dataclass(frozen=True)
class Row:
    """One generation, with the transaction of each of its transitions."""

    id: str
    user_id: str | None
    batch_id: str | None
    statuses: list[str]
    ats: list[str]
    changes: list[int]
    """Transaction ids, one for each version."""
    changed: int
    has_clock: bool

    @property
    def version(self) -> int:
        """How many transitions there were."""
        return len(self.statuses)

    @property
    def status(self) -> str:
        """Where it stands."""
        return self.statuses[-1]

    def fresh_from(self, horizon: int) -> int:
        """The first version that the horizon does not cover; one above the last when it covers all."""
        # Not bisected: whoever began earlier may have changed it later.
        return next((v for v, change in enumerate(self.changes, 1) if change >= horizon), self.version + 1)

    def begun_at(self, version: int) -> float:
        """When the transaction of a version began, in epoch seconds: before it was committed."""
        return self._moments[version - 1]

    @cached_property
    def _moments(self) -> list[float]:
        return [datetime.fromisoformat(at).timestamp() for at in self.ats]


@dataclass(frozen=True)
class Entry:
    """One transition."""

    change: int
    id: str
    version: int


class Entries:
    """Transitions in the order of their transactions' ids."""

    def __init__(self, entries: list[Entry]) -> None:
        self._entries = sorted(entries, key=lambda entry: entry.change)

    @cached_property
    def _changes(self) -> list[int]:
        return [entry.change for entry in self._entries]

    def since(self, horizon: int) -> list[Entry]:
        """Those that the horizon does not cover."""
        return self._entries[bisect_left(self._changes, horizon) :]


async def read_rows(database_url: str) -> dict[str, Row]:
    """Every generation, by id."""
    rows = [_read(row) for row in await fetch(database_url, _ROWS)]
    return {row.id: row for row in rows}


def _read(row: "asyncpg.Record") -> Row:
    timeline = orjson.loads(row["timeline"])
    return Row(
        id=row["id"],
        user_id=row["user_id"],
        batch_id=row["batch_id"],
        statuses=[entry["status"] for entry in timeline],
        ats=[entry["at"] for entry in timeline],
        changes=[int(change) for change in row["changes"].strip("{}").split(",")],
        changed=int(row["changed"]),
        has_clock=row["has_clock"],
    )
