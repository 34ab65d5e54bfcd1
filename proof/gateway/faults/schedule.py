"""When which listener is cut and which gateway restarted: one after the other, in seeded order."""

import asyncio
from collections.abc import Callable, Coroutine
from random import Random

from proof.gateway.book import Book
from proof.gateway.faults.cuts import Cuts
from proof.gateway.faults.listeners import Listeners
from proof.gateway.faults.restarts import HOW, restart
from proof.gateway.options import GATEWAYS, Options
from proof.hosting import Hosted
from proof.stack import numbered

END_ONE, END_ALL, HALF_OPEN = "listener ended", "all listeners ended", "listener half open"
STALL, FLOOD = "listener stalled", "listener flooded"
KILLS = {END_ONE: 1, END_ALL: GATEWAYS, HALF_OPEN: 1, STALL: 0, FLOOD: 0}
"""How many listening connections each ends."""
BEGINS_AT, ENDS_AT = 0.03, 0.9
"""Shares of the load's time over which they are spread; being one after the other, they may take longer."""


def kinds_of(kills: int) -> list[str]:
    """What is done to end so many listening connections, and beside that; in no order.

    A half-open one takes its gateway ten seconds to notice, so there are few of them.
    """
    half_open = max(kills // 17, 1)
    alls = min(max(kills // 4, 3), (kills - half_open) // GATEWAYS)
    ones = kills - half_open - alls * GATEWAYS
    few = max(kills // 12, 1)
    return [HALF_OPEN] * half_open + [END_ONE] * ones + [END_ALL] * alls + [STALL, FLOOD] * few


class Schedule:
    """Does everything; `over` is set when it is done."""

    def __init__(self, options: Options, house: Hosted, listeners: Listeners, cuts: Cuts, book: Book) -> None:
        self._options = options
        self._house = house
        self._listeners = listeners
        self._cuts = cuts
        self._book = book
        self._dice = options.dice("schedule")
        self.over = asyncio.Event()

    async def run(self) -> None:
        """Do what was drawn, one after the other, each not before its time."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        drawn = self._drawn()
        self._dice.shuffle(drawn)
        span = self._options.seconds * (ENDS_AT - BEGINS_AT)
        for turn, (name, do) in enumerate(drawn):
            at = begun + self._options.seconds * BEGINS_AT + span * turn / len(drawn)
            await asyncio.sleep(at - loop.time())
            # One after the other: nothing befalls a gateway that is not back from the last.
            await self._listeners.all_listen()
            kills = await do()
            self._book.done[name] += 1
            self._book.done["listeners ended"] += kills
        self.over.set()

    def _drawn(self) -> list[tuple[str, Callable[[], Coroutine[None, None, int]]]]:
        ways: dict[str, Callable[[Random], Coroutine[None, None, int]]] = {
            END_ONE: self._cuts.end_one,
            END_ALL: self._cuts.end_all_and_probe,
            HALF_OPEN: self._cuts.half_open,
            STALL: self._cuts.stall,
            FLOOD: self._cuts.flood,
        }
        kinds = kinds_of(self._options.kills) if self._options.kills else []
        cuts = [
            (kind, lambda kind=kind, turn=turn: ways[kind](self._options.dice(kind, turn)))
            for turn, kind in enumerate(kinds)
        ]
        return [*cuts, *(self._restart(turn) for turn in range(self._options.restarts))]

    def _restart(self, turn: int) -> tuple[str, Callable[[], Coroutine[None, None, int]]]:
        # Both ways in turn, and of both gateways.
        how = list(HOW)[turn % len(HOW)]
        which = (turn + turn // len(HOW)) % GATEWAYS
        name, url = numbered("web", GATEWAYS)[which], self._house.gateways[which]

        async def do() -> int:
            await restart(self._house, self._listeners, name, url, HOW[how])
            return 0

        return how, do
