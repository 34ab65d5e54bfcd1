"""A TCP line between a client and a server, which a test cuts, stalls and closes."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

CHUNK = 1 << 12
"""Bytes; small, so that a line that may carry only so many ends near there."""
PATIENCE = 20.0


@dataclass(eq=False)
class Connection:
    """One client's, and the one to the server that belongs to it."""

    client: StreamWriter
    server: StreamWriter
    dead: bool = False
    """While set, what either side sends is lost, and nobody is told."""

    def cut(self) -> None:
        """End it for both sides, as a pulled plug with a reset behind it does."""
        self.client.transport.abort()
        self.server.transport.abort()


@dataclass(eq=False)
class Proxy:
    """Passes on bytes to a server, as long as it is let."""

    host: str
    port: int
    url: str = ""
    accepted: int = 0
    """Connections that clients have made so far, those that were hung up on included."""
    open: set[Connection] = field(default_factory=set)
    closed: bool = False
    """While set, whoever connects is hung up on."""
    mute: bool = False
    """While set, new connections are dead from the beginning."""
    most: int | None = None
    """How many bytes each new connection brings to its client before it is cut."""
    lose_answers: int = 0
    """How many of the next answers are lost: the request reaches the server, then the line is cut."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def cut(self, *, close: bool = False) -> int:
        """Cut whatever is open, and with `close` keep new connections out; how many were cut."""
        self.closed = self.closed or close
        for connection in self.open:
            connection.cut()
        return len(self.open)

    def stall(self) -> None:
        """From now on nothing comes through what is open; new connections are as good as ever."""
        for connection in self.open:
            connection.dead = True

    async def until(self, holds: Callable[["Proxy"], bool]) -> None:
        """Wait until connections have come or gone so that it holds."""
        async with asyncio.timeout(PATIENCE):
            while not holds(self):
                self._changed.clear()
                await self._changed.wait()

    async def _accept(self, client_reader: StreamReader, client: StreamWriter) -> None:
        self.accepted += 1
        self._changed.set()
        if self.closed:
            client.transport.abort()
            return
        server_reader, server = await asyncio.open_connection(self.host, self.port)
        connection = Connection(client, server, dead=self.mute)
        self.open.add(connection)
        self._changed.set()
        lost = self.lose_answers > 0
        self.lose_answers -= lost
        directions = [
            asyncio.create_task(_carry(client_reader, server, connection, None)),
            asyncio.create_task(_carry(server_reader, client, connection, 0 if lost else self.most)),
        ]
        try:
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for direction in directions:
                direction.cancel()
            await asyncio.wait(directions)
            connection.cut()
            self.open.discard(connection)
            self._changed.set()


async def _carry(source: StreamReader, sink: StreamWriter, connection: Connection, most: int | None) -> None:
    """Pass on what comes until either side ends, or until `most` bytes have been passed on."""
    passed = 0
    try:
        while data := await source.read(CHUNK):
            if connection.dead:
                continue
            sink.write(data if most is None else data[: most - passed])
            await sink.drain()
            passed += len(data)
            if most is not None and passed >= most:
                return
    except ConnectionError:
        return  # cut: by us, or by whoever was killed


@asynccontextmanager
async def proxy_to(url: str) -> AsyncIterator[Proxy]:
    """A proxy to the server at `url`, on a port of its own."""
    there = urlsplit(url)
    assert there.hostname
    assert there.port
    proxy = Proxy(there.hostname, there.port)
    server = await asyncio.start_server(proxy._accept, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
        proxy.cut()
        await proxy.until(lambda proxy: not proxy.open)
        await server.wait_closed()
