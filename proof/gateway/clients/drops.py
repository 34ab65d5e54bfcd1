"""Forced disconnects: when and how each client's connections are ended, by it, by its network, or by the gateway."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from random import Random
from typing import NamedTuple

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from proof.gateway.clients.client import Client
from proof.gateway.failure import CouldNotRun
from proof.gateway.until import until

CUT, ABORT = "cut", "abort"
CUT_OFTEN = 0.25
"""Share of the disconnects after which the next connection is cut as well, in the middle of what it resumes."""
LONGEST_CUT = 14
"""Frames after which that happens, at most."""
CUT_WITHIN_SECONDS = 4.0
"""Where less comes, the connection is ended all the same."""
READY_WITHIN_SECONDS = 60.0
BAD_FRAMES = 12
"""More than a gateway puts up with."""
DEAF_SECONDS = (0.5, 2.5)


class Drop(NamedTuple):
    """One forced disconnect, or two."""

    at: float
    """Share of the load's time."""
    kind: str
    cut_after: int | None
    """Cut the next connection too, after so many frames."""


async def _abort(_client: Client, socket: ClientConnection, _dice: Random) -> None:
    """The network is gone, in the middle of whatever was on the way."""
    socket.transport.abort()


async def _close(_client: Client, socket: ClientConnection, _dice: Random) -> None:
    """The polite way."""
    await socket.close()


async def _offend(_client: Client, socket: ClientConnection, _dice: Random) -> None:
    """Have the gateway close it, by talking nonsense."""
    with suppress(ConnectionClosed):
        for _ in range(BAD_FRAMES):
            await socket.send("nonsense")
    await socket.wait_closed()


async def _go_deaf(client: Client, socket: ClientConnection, dice: Random) -> None:
    """Leave unread what comes for a while, then be gone."""
    client.listens.clear()
    await asyncio.sleep(dice.uniform(*DEAF_SECONDS))
    socket.transport.abort()
    client.listens.set()


KINDS: dict[str, Callable[[Client, ClientConnection, Random], Coroutine[None, None, None]]] = {
    ABORT: _abort,
    "close": _close,
    "offend": _offend,
    "deaf": _go_deaf,
}
SHARES = (0.5, 0.25, 0.15, 0.1)


def plan(dice: Random, count: int) -> list[Drop]:
    """So many disconnects of one client, cuts counted, in order."""
    drops: list[Drop] = []
    while count > 0:
        (kind,) = dice.choices(tuple(KINDS), SHARES)
        cut_after = dice.randrange(1, LONGEST_CUT + 1) if count > 1 and dice.random() < CUT_OFTEN else None
        drops.append(Drop(dice.random(), kind, cut_after))
        count -= 1 if cut_after is None else 2
    return sorted(drops)


async def drop_all(client: Client, drops: list[Drop], seconds: float, dice: Random) -> None:
    """Do them all, spread over so many seconds, each once the client is connected and follows what it wants."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for drop in drops:
        await asyncio.sleep(begun + drop.at * seconds - loop.time())
        await _drop(client, drop, dice)


async def _drop(client: Client, drop: Drop, dice: Random) -> None:
    socket = await _settled(client)
    client.cut_after = drop.cut_after
    await KINDS[drop.kind](client, socket, dice)
    client.record.dropped[drop.kind] += 1
    if drop.cut_after is None:
        return
    cuts = client.record.dropped[CUT]
    if not await until(lambda: client.record.dropped[CUT] > cuts, CUT_WITHIN_SECONDS):
        socket = await _settled(client)
        socket.transport.abort()
        client.record.dropped[ABORT] += 1


async def _settled(client: Client) -> ClientConnection:
    """The client's open connection, once every topic on it is confirmed, or when that takes too long, any."""
    await until(lambda: client.is_settled, READY_WITHIN_SECONDS)
    if not await until(lambda: client.is_open, READY_WITHIN_SECONDS) or client.socket is None:
        raise CouldNotRun(f"client {client.record.number} was not let in for {READY_WITHIN_SECONDS:.0f} s")
    return client.socket
