"""When what is killed: every kind in every round, in seeded order, and only while enough rows are under way."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from proof.plain_connection import AWAY
from proof.torture.darkroom import Darkroom
from proof.torture.kills.kinds import KINDS
from proof.torture.options import FROZEN_SECONDS, Options
from proof.torture.rows import Rows

APART_SECONDS = max(8.0, FROZEN_SECONDS + 2)
"""Between two kills of one kind: the supervisor gives up when one process ends five times within half a minute, and
there must always be a worker that is not frozen."""
BEGINS_AT, ENDS_AT = 0.02, 0.95
"""Shares of the load's time between which the kills are spread."""
LOOK_SECONDS = 0.1
LIMIT_SECONDS = 60.0
"""How long after the load's time the last kill may come."""


@dataclass(frozen=True)
class Counted:
    """A counted kill."""

    kind: str
    at: float
    """Seconds after the first submission."""
    hit: dict[str, int]
    """How many rows stood in each status that is not final."""


class Schedule:
    """Kills by plan. `over` is set when every kind has had its kills, or time is up."""

    def __init__(self, options: Options, darkroom: Darkroom) -> None:
        self._options = options
        self._darkroom = darkroom
        self._rows = Rows(darkroom.database_url)
        self._dice = options.dice("kills")
        self._last: dict[str, float] = {}
        self.counted: list[Counted] = []
        self.over = asyncio.Event()

    async def run(self) -> None:
        """Do every kill. One may still work when the next begins, as when a worker is frozen meanwhile."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        left = self._order()
        async with asyncio.TaskGroup() as group:
            for at in self._moments(len(left)):
                await asyncio.sleep(begun + at - loop.time())
                # The first that was left alone for long enough; else the one that will be soonest.
                kind = min(left, key=lambda kind: max(self._ready_at(kind), loop.time()))
                await asyncio.sleep(self._ready_at(kind) - loop.time())
                hit = await self._worth(begun + self._options.seconds + LIMIT_SECONDS)
                if hit is None:
                    break
                left.remove(kind)
                self._last[kind] = loop.time()
                self.counted.append(Counted(kind, loop.time() - begun, hit))
                group.create_task(KINDS[kind](self._darkroom, self._options.dice("kill", len(self.counted))))
        self.over.set()

    def _order(self) -> list[str]:
        """Round after round, each kind once in each."""
        kinds = self._options.kinds
        return [kind for _ in range(self._options.kills) for kind in self._dice.sample(kinds, len(kinds))]

    def _moments(self, count: int) -> list[float]:
        """Seconds after the begin: at random, one in each of `count` equal parts of the time."""
        first, last = self._options.seconds * BEGINS_AT, self._options.seconds * ENDS_AT
        return [first + (last - first) * (turn + self._dice.random()) / count for turn in range(count)]

    def _ready_at(self, kind: str) -> float:
        return self._last.get(kind, -APART_SECONDS) + APART_SECONDS

    async def _worth(self, until: float) -> dict[str, int] | None:
        """Wait until a kill would count; the rows that are not final, or None when `until` comes first."""
        while asyncio.get_running_loop().time() < until:
            try:
                hit = await self._rows.unfinished()
            except AWAY:
                hit = {}
            if sum(hit.values()) >= self._options.worth:
                return hit
            await asyncio.sleep(LOOK_SECONDS)
        return None


def kills_of(counted: Sequence[Counted]) -> dict[str, int]:
    """How many counted kills each kind had."""
    return dict(Counter(kill.kind for kill in counted))
