"""One client: a websocket that answers pings and hands on what it hears, and when."""

import asyncio
import time
from typing import Protocol, cast

from proof.bench.sockets.audience.wire import CLOSE, PING, PONG, TEXT, frame, read_frame

_HEAD_ENDS = b"\r\n\r\n"


class Ear(Protocol):
    """Where a client's news go."""

    def opened(self) -> None:
        """The server has taken a client."""

    def hear(self, client: "Client", payload: bytes, at: int) -> None:
        """A text frame, whose last byte arrived `at`: nanoseconds of this machine's monotonic clock."""

    def lost(self, client: "Client", why: str) -> None:
        """The connection is no more."""


class Client(asyncio.Protocol):
    """Opens with `request` as soon as it is connected."""

    __slots__ = ("_ear", "_has_left", "_is_open", "_request", "_rest", "_transport", "number")

    def __init__(self, number: int, request: bytes, ear: Ear) -> None:
        self.number = number
        self._request = request
        self._ear = ear
        self._rest = b""
        self._is_open = False
        self._has_left = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Shake hands."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Take what has arrived apart."""
        now = time.monotonic_ns()
        data = self._rest + data
        position = 0
        if not self._is_open:
            head, ends, data = data.partition(_HEAD_ENDS)
            if not ends:
                self._rest = head
                return
            if b" 101 " not in head.partition(b"\r\n")[0]:
                self._ear.lost(self, f"it was refused: {head[:200]!r} {data[:500]!r}")
                return
            self._is_open = True
            self._ear.opened()
        while (read := read_frame(data, position)) is not None:
            position = read.end
            if read.opcode == TEXT:
                self._ear.hear(self, read.payload, now)
            elif read.opcode == PING:
                self._write(frame(PONG, read.payload))
            elif read.opcode == CLOSE:
                code = int.from_bytes(read.payload[:2], "big")
                self._ear.lost(self, f"the server closed it: {code} {read.payload[2:].decode()}")
        self._rest = data[position:]

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more will come."""
        if not self._has_left:
            self._ear.lost(self, f"the connection ended: {exc}")

    def say(self, payload: bytes) -> None:
        """Send a text frame."""
        self._write(frame(TEXT, payload))

    def leave(self) -> None:
        """Cut the connection, which is then no loss."""
        assert self._transport is not None
        self._has_left = True
        self._transport.abort()

    def _write(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(data)
