"""A process's output, cut into lines as it comes."""

import asyncio
from collections import deque
from collections.abc import Callable

_LONGEST = 64 * 1024
"""A line longer than this many bytes is cut: memory must not grow with what a process writes."""
_KEPT = 20


class Lines(asyncio.Protocol):
    """Reads a pipe, hands on every line, and keeps the last twenty."""

    def __init__(self, heard: Callable[[str], None]) -> None:
        self._heard = heard
        self._rest = b""
        self.last: deque[str] = deque(maxlen=_KEPT)
        self.closed = asyncio.Event()
        """Set when no process holds the writing end any more."""

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        for line in whole:
            self._hear(line)
        if len(self._rest) > _LONGEST:
            self._hear(self._rest)
            self._rest = b""

    def connection_lost(self, _reason: Exception | None) -> None:
        """The end."""
        if self._rest:
            self._hear(self._rest)
        self.closed.set()

    def _hear(self, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip("\r")
        self.last.append(text)
        self._heard(text)
