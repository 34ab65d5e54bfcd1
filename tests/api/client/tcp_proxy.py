"""A TCP proxy on a real port, which cuts, stalls and refuses as it is told."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

CHUNK = 65_536
"""Bytes read at once."""


class Line:
    """One client's connection and the one to the server behind it."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.carries = asyncio.Event()
        self.carries.set()
        self._ends = (client, server)

    def cut(self) -> None:
        """Reset both connections: what is under way is lost."""
        for end in self._ends:
            end.transport.abort()


class TcpProxy:
    """Stands between a client and a server on this machine."""

    def __init__(self, port: int) -> None:
        """`port` is the server's."""
        self._behind = port
        self._server: asyncio.Server | None = None
        self._lines: set[Line] = set()
        self._changed = asyncio.Condition()
        self.port = 0
        self.allowances: deque[int] = deque()
        """Bytes that each of the next connections may carry to its client before it is closed."""

    @property
    def url(self) -> str:
        """Where the server is, by way of this proxy."""
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Reset every connection there is."""
        for line in list(self._lines):
            line.cut()

    def stall(self) -> None:
        """The connections that there are carry nothing more, and nobody is told; new ones are not concerned."""
        for line in self._lines:
            line.carries.clear()

    async def refuse(self) -> None:
        """Listen no more: whoever connects is refused. Connections that there are stay."""
        assert self._server is not None
        self._server.close()

    async def accept(self) -> None:
        """Listen, on the same port as before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, reuse_address=True)
        self.port = self._server.sockets[0].getsockname()[1]

    @property
    def open_lines(self) -> int:
        """How many connections there are."""
        return len(self._lines)

    async def wait_open(self, count: int) -> None:
        """Wait until there are so many connections, or fewer."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.open_lines <= count)

    async def _serve(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._behind)
        line = Line(to_client, to_server)
        self._lines.add(line)
        allowance = self.allowances.popleft() if self.allowances else None
        try:
            await asyncio.gather(
                _carry(from_client, to_server, line, None), _carry(from_server, to_client, line, allowance)
            )
        finally:
            self._lines.discard(line)
            line.cut()
            await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


async def _carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter, line: Line, allowance: int | None) -> None:
    """Carry bytes until the source ends, or the allowance does; then the sink's end is told."""
    with suppress(ConnectionError):
        while data := await source.read(CHUNK):
            await line.carries.wait()
            sink.write(data[:allowance])
            await sink.drain()
            if allowance is not None:
                allowance -= len(data)
                if allowance <= 0:
                    break
        sink.close()


@asynccontextmanager
async def proxied(url: str) -> AsyncIterator[TcpProxy]:
    """A proxy in front of the server at `url`, listening."""
    proxy = TcpProxy(int(url.rpartition(":")[2]))
    await proxy.accept()
    try:
        yield proxy
    finally:
        await proxy.refuse()
        proxy.cut()
