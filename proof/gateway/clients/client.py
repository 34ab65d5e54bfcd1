"""A client: one websocket at a time, opened again whenever it ends, its topics resumed where it was, or elsewhere."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from random import Random

import orjson
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage
from websockets.protocol import State

from proof.gateway.clients.carried import Carried
from proof.gateway.clients.dice import after, pause
from proof.gateway.clients.door import let_in
from proof.gateway.clients.hearing import Hearing
from proof.gateway.clients.journal import Journal
from proof.gateway.clients.record import Record, Subscription
from proof.gateway.people import Person

SERVERS_TROUBLE = 500
"""From this status on a refused subscribe is asked again."""
AGAIN_SECONDS = 0.3
AWAY = (OSError, TimeoutError, ConnectionClosed, InvalidHandshake, InvalidMessage)
"""What a gateway that was ended, or is starting, raises."""


class Cut(OSError):
    """The client itself has cut the connection."""


class Client:
    """Follows what it is told to, for as long as it lives."""

    def __init__(self, number: int, person: Person, gateways: Sequence[str], dice: Random, journal: Journal) -> None:
        self.record = Record(number, person)
        self.person = person
        self.socket: ClientConnection | None = None
        """The open connection; None between two."""
        self.hearing: Hearing | None = None
        self.listens = asyncio.Event()
        """Cleared for as long as it leaves unread what comes."""
        self.listens.set()
        self.cut_after: int | None = None
        """Cut the next connection after so many frames."""
        self._gateways = gateways
        self._dice = dice
        self._journal = journal
        self._carried = Carried()
        self._wanted: dict[str, None] = {}
        self._leaving = False

    @property
    def topics(self) -> list[str]:
        """What it follows, or would if it were connected; longest followed first."""
        return list(self._wanted)

    @property
    def is_open(self) -> bool:
        """Whether its connection stands."""
        return self.socket is not None and self.socket.state is State.OPEN

    @property
    def is_settled(self) -> bool:
        """Whether it is connected, and every topic that it wants is confirmed."""
        return self.hearing is not None and not self.hearing.waits and self._wanted.keys() <= self.hearing.open.keys()

    def is_told(self, topic: str) -> bool:
        """Whether a subscription to the topic stands at the moment."""
        return self.hearing is not None and topic in self.hearing.open

    def has_heard(self, generation_id: str, version: int) -> bool:
        """Whether the version has come on the generation's own topic, over this connection."""
        subscription = self.hearing.open.get(f"generation:{generation_id}") if self.hearing else None
        return subscription is not None and any(heard.version >= version for heard in subscription.heard)

    async def follow(self, topic: str) -> None:
        """Follow a topic from now on, over every connection to come; again, and it is subscribed to anew."""
        self._wanted[topic] = None
        await self._subscribe(topic)

    async def leave(self, topic: str) -> None:
        """Follow it no more."""
        self._wanted.pop(topic, None)
        if self.hearing is not None and self.hearing.follows(topic):
            await self._send(orjson.dumps({"type": "unsubscribe", "ref": None, "topic": topic}))

    async def live(self) -> None:
        """Be connected until `say_goodbye`."""
        while not self._leaving:
            try:
                await self._converse()
            except AWAY as end:
                self._ended(_why(end))
            self.hearing = self.socket = None
            if not self._leaving:
                await asyncio.sleep(pause(self._dice))
        self._journal.close()

    async def say_goodbye(self) -> None:
        """Leave for good. What it follows now, it has followed to the end."""
        self._leaving = True
        self.record.wanted = self.topics
        if self.socket is not None:
            await self.socket.close()

    async def _converse(self) -> None:
        async with let_in(self._dice.choice(self._gateways), self.person.key, self._dice) as socket:
            # Only now may others subscribe: what comes before the key is refused.
            self.socket, self.hearing = socket, Hearing(self.record, self._carried)
            cut_after, self.cut_after = self.cut_after, None
            for topic in self.topics:
                await self._subscribe(topic)
            await self._read(socket, self.hearing, cut_after)

    async def _read(self, socket: ClientConnection, hearing: Hearing, cut_after: int | None) -> None:
        while True:
            await self.listens.wait()
            raw = await socket.recv(decode=False)
            self._journal.received(hearing.connection, raw)
            if refused := hearing.hear(raw):
                await self._again(refused)
            if hearing.frames == cut_after:
                self.record.dropped["cut"] += 1
                socket.transport.abort()
                raise Cut

    async def _again(self, refused: Subscription) -> None:
        """Ask again what was refused because of the server's trouble; leave the rest alone."""
        if refused.refused is not None and refused.refused >= SERVERS_TROUBLE:
            await asyncio.sleep(AGAIN_SECONDS)
            await self._subscribe(refused.topic)
        else:
            self._wanted.pop(refused.topic, None)

    async def _subscribe(self, topic: str) -> None:
        if self.hearing is not None:
            await self._send(self.hearing.ask(topic, after(self._dice, self._carried.of(topic))))

    async def _send(self, frame: bytes) -> None:
        if self.socket is None or self.hearing is None:
            return
        self._journal.sent(self.hearing.connection, frame)
        # Whoever reads will notice as well, and connect again.
        with suppress(ConnectionClosed):
            await self.socket.send(frame, text=True)

    def _ended(self, why: str) -> None:
        if self._leaving:
            return
        self.record.endings[why] += 1
        if self.hearing is not None:
            self.hearing.end()
            self._journal.ended(self.hearing.connection, why)


def _why(end: Exception) -> str:
    if isinstance(end, ConnectionClosed):
        return str(end.rcvd.code) if end.rcvd else "broken off"
    return type(end).__name__
