"""Cuts of listening connections: ended by the server, half open, stalled for a while, flooded."""

import asyncio
from collections.abc import Sequence
from random import Random
from uuid import UUID

from pipeline.moves import Move
from pipeline.notices import CHANNEL, payloads
from proof.gateway.book import Book, Probe
from proof.gateway.clients.client import Client
from proof.gateway.faults.listeners import Listeners, Stopped
from proof.gateway.faults.reserve import Reserve
from proof.gateway.faults.statements import BY_HAND, UNNOTICED, change
from proof.gateway.until import until
from proof.plain_connection import fetch

STALL_SECONDS = (0.5, 2.5)
NOTICED = ("cancelled", "failed", "cancelled")
"""By hand, one after the other, each only when the last was heard: as many reads of the rows as the look takes that a
return asks for, and commits and notices beside. So by the last one it should be over, however slow the machine."""
APART_SECONDS = 0.05
HEARD_SECONDS = 15.0
FLOOD = 20_000
"""Hints that name nothing new; some 200 payloads."""
UNREADABLE = ("nonsense", "[[1, 2, 3]]", '{"id": null}')
Connections = tuple[tuple[int, int], ...]
_NOTIFY = f"SELECT pg_notify('{CHANNEL}', payload) FROM unnest($1::text[]) AS payload"


class Cuts:
    """What befalls listening connections."""

    def __init__(
        self, database_url: str, listeners: Listeners, reserve: Reserve, witnesses: Sequence[Client], book: Book
    ) -> None:
        self._url = database_url
        self._listeners = listeners
        self._reserve = reserve
        self._witnesses = witnesses
        self._book = book

    async def end_one(self, dice: Random) -> int:
        """End one connection on the server's side; how many were ended."""
        pid = dice.choice(sorted(self._listeners.pids))
        ended = await self._listeners.end({pid})
        await self._listeners.all_listen(besides={pid})
        return ended

    async def end_all_and_probe(self, dice: Random) -> int:
        """End all at once, with something committed unnoticed just before; then commit, and hear, what is noticed.

        Whoever hears that must have heard the other first: a listener that is back looks for what it has missed.
        """
        (unnoticed, _), (noticed, _) = [await self._reserve.take(dice) for _ in range(2)]
        topics = [f"generation:{generation_id}" for generation_id in (unnoticed, noticed)]
        for witness in self._witnesses:
            for topic in topics:
                await witness.follow(topic)
        await until(lambda: all(witness.is_settled for witness in self._witnesses), HEARD_SECONDS)
        kept = self._connections()
        before = self._listeners.pids
        missed = await change(self._url, UNNOTICED, UUID(unnoticed), by_hand=False)
        ended = await self._listeners.end(before)
        await self._listeners.all_listen(besides=before)
        for status in NOTICED:
            await asyncio.sleep(APART_SECONDS)
            version = await change(self._url, BY_HAND.format(status=status), UUID(noticed), by_hand=True)
            await self._all_hear(noticed, version, kept)
        self._book.probes.append(Probe((unnoticed, missed), (noticed, version), kept))
        for witness in self._witnesses:
            for topic in topics:
                await witness.leave(topic)
        return ended

    async def half_open(self, dice: Random) -> int:
        """Have one connection stand without anybody behind it, until its gateway has noticed and has another."""
        pid = dice.choice(sorted(self._listeners.pids))
        with Stopped(pid):
            await self._listeners.all_listen(besides={pid})
        return 1

    async def stall(self, dice: Random) -> int:
        """Hold one connection up for a moment: then everything comes late and at once. It stands, so none was ended."""
        with Stopped(dice.choice(sorted(self._listeners.pids))):
            await asyncio.sleep(dice.uniform(*STALL_SECONDS))
        return 0

    async def flood(self, dice: Random) -> int:
        """Fill the channel with hints that name nothing new, and with some that cannot be read."""
        known = [UUID(generation_id) for generation_id in self._book.submitted]
        moves = [Move(dice.choice(known), 1, None, None) for _ in range(FLOOD)]
        await fetch(self._url, _NOTIFY, [*payloads(moves), *UNREADABLE])
        return 0

    async def _all_hear(self, generation_id: str, version: int, kept: Connections) -> None:
        # A witness who was disconnected meanwhile proves nothing, and is not waited for.
        await until(
            lambda: (
                self._connections() != kept
                or all(witness.has_heard(generation_id, version) for witness in self._witnesses)
            ),
            HEARD_SECONDS,
        )

    def _connections(self) -> Connections:
        return tuple((witness.record.number, witness.record.connections) for witness in self._witnesses)
