"""The audience: many clients in one process. What they hear is only put aside, and read when nobody waits for it."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

import orjson

from proof.bench.failure import BenchFailed
from proof.bench.sockets.audience.client import Client
from proof.bench.sockets.audience.wire import handshake

AT_ONCE = 200
"""Sockets that open, or subscribe, at a time: fewer than a server's backlog."""
PATIENCE_SECONDS = 60.0
GRACE_SECONDS = 0.3
"""How long is waited for what should not come, once everything that should has."""
_TYPE = b'{"type":"'
"""What every frame of Darkroom's begins with."""
TRANSITION, SUBSCRIBED, UNSUBSCRIBED, OPEN = "transition", "subscribed", "unsubscribed", "open"


class Heard(NamedTuple):
    """One transition frame."""

    client: int
    at: int
    payload: bytes


class Audience:
    """Clients by their numbers, from 0. Whatever happens to one that should not makes the next wait fail."""

    def __init__(self) -> None:
        self._clients: list[Client] = []
        self._counts: Counter[str] = Counter()
        self._transitions: list[Heard] = []
        self._answered: dict[str, set[int]] = {}
        self._noise = asyncio.Event()
        self._awaited: tuple[str, int] | None = None
        self._came = asyncio.Event()
        self._trouble: str | None = None

    async def open(self, url: str, path: str, keys: Sequence[str | None], count: int) -> None:
        """Open `count` more sockets at `path`; each takes the next of `keys`, again and again."""
        address = urlsplit(url)
        first = len(self._clients)
        self._counts[OPEN] = 0
        for begin in range(first, first + count, AT_ONCE):
            for number in range(begin, min(begin + AT_ONCE, first + count)):
                request = handshake(address.netloc, path, keys[number % len(keys)])
                self._clients.append(Client(number, request, self))
            await asyncio.gather(*(self._connect(client, address) for client in self._clients[begin:]))
            await self._reach(OPEN, len(self._clients) - first)

    async def follow(self, topics: Sequence[tuple[int, str]], replayed: int) -> None:
        """Have clients, by their numbers, subscribe; wait until `replayed` transitions have come on each topic."""
        self._counts[SUBSCRIBED] = 0
        for begin in range(0, len(topics), AT_ONCE):
            some = topics[begin : begin + AT_ONCE]
            for number, topic in some:
                self._clients[number].say(orjson.dumps({"type": "subscribe", "topic": topic}))
            await self._reach(SUBSCRIBED, begin + len(some))
        await self._reach(TRANSITION, len(topics) * replayed)
        self._transitions.clear()

    async def unfollow(self, topics: Sequence[tuple[int, str]]) -> None:
        """Have clients unsubscribe."""
        self._counts[UNSUBSCRIBED] = 0
        for number, topic in topics:
            self._clients[number].say(orjson.dumps({"type": "unsubscribe", "topic": topic}))
        await self._reach(UNSUBSCRIBED, len(topics))

    async def answers(self, frame: str, kind: str) -> int:
        """Have every client say `frame`, and wait for as many frames of this kind; how many clients heard one."""
        self._answered = {kind: set()}
        self._counts[kind] = 0
        for client in self._clients:
            client.say(frame.encode())
        await self._reach(kind, len(self._clients))
        return len(self._answered[kind])

    async def gather(self, count: int) -> dict[str, list[int]]:
        """Wait for `count` transitions since the last gathering; when each came, by `<id>:<version>`.

        Raises BenchFailed when one came twice on one topic of one client.
        """
        await self._reach(TRANSITION, count)
        await asyncio.sleep(GRACE_SECONDS)
        heard, self._transitions = self._transitions, []
        moments: dict[str, list[int]] = {}
        once = set()
        for client, at, payload in heard:
            frame = orjson.loads(payload)
            move = f"{frame['id']}:{frame['version']}"
            moments.setdefault(move, []).append(at)
            once.add((client, frame["topic"], move))
        if len(once) < len(heard):
            raise BenchFailed(f"{len(heard) - len(once)} transitions came more than once")
        return moments

    async def quiet(self, seconds: float) -> None:
        """Wait until nobody has heard anything for so long."""
        with suppress(TimeoutError):
            while True:
                self._noise.clear()
                async with asyncio.timeout(seconds):
                    await self._noise.wait()

    async def leave(self, keep: int) -> None:
        """Cut the connections of all but the first `keep` clients."""
        leaving, self._clients = self._clients[keep:], self._clients[:keep]
        for client in leaving:
            client.leave()

    def opened(self) -> None:
        """A server has taken a client."""
        self._counts[OPEN] += 1
        self._look(OPEN)

    def hear(self, client: Client, payload: bytes, at: int) -> None:
        """A client has heard a frame."""
        self._noise.set()
        kind = payload[len(_TYPE) : payload.find(b'"', len(_TYPE))].decode()
        if kind == TRANSITION:
            self._transitions.append(Heard(client.number, at, payload))
        elif kind == "error":
            self._fail(f"client {client.number} was told {payload!r}")
        if kind in self._answered:
            self._answered[kind].add(client.number)
        self._counts[kind] += 1
        self._look(kind)

    def lost(self, client: Client, why: str) -> None:
        """A client's connection is no more."""
        self._fail(f"client {client.number}: {why}")

    async def _connect(self, client: Client, address: SplitResult) -> None:
        await asyncio.get_running_loop().create_connection(lambda: client, address.hostname or "", address.port or 80)

    def _fail(self, why: str) -> None:
        self._trouble = self._trouble or why
        self._came.set()

    def _look(self, kind: str) -> None:
        if self._awaited is not None and self._awaited[0] == kind and self._has(*self._awaited):
            self._came.set()

    def _has(self, kind: str, count: int) -> bool:
        return (len(self._transitions) if kind == TRANSITION else self._counts[kind]) >= count

    async def _reach(self, kind: str, count: int) -> None:
        self._awaited = kind, count
        self._came.clear()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not self._trouble and not self._has(kind, count):
                    await self._came.wait()
                    self._came.clear()
        except TimeoutError:
            came = len(self._transitions) if kind == TRANSITION else self._counts[kind]
            raise BenchFailed(f"{came:,} of {count:,} {kind} came within {PATIENCE_SECONDS:.0f} s") from None
        finally:
            self._awaited = None
        if self._trouble:
            raise BenchFailed(self._trouble)
