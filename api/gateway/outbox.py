"""The outbox: what waits to be sent on one socket, bounded in bytes."""

import asyncio
from collections import deque
from collections.abc import Callable, Hashable

from api.gateway.frame import Frame
from api.gateway.line import Line

MAX_BYTES = 1 * 2**20
"""What a socket may have waiting, beside the transport's 64 KiB, before its client counts as too slow."""
LATEST_BYTES = MAX_BYTES // 4
"""With more than this waiting, frames that a later one replaces are not kept: the slow lose them first."""
FLUSH_SECONDS = 2.0


class Outbox:
    """Frames for one socket. They leave at once while the line takes them; else they wait here.

    Those that were `put` leave in their order. Of those that `replace` each other only the latest waits, and it leaves
    when nothing else does.
    """

    __slots__ = ("_empty", "_frames", "_latest", "_line", "_too_slow", "is_closed", "waiting_bytes")

    def __init__(self, line: Line, too_slow: Callable[[], None]) -> None:
        self._line = line
        self._too_slow = too_slow
        # Made when something has to wait, which on most sockets never happens.
        self._frames: deque[Frame] | None = None
        self._latest: dict[Hashable, Frame] | None = None
        self._empty: asyncio.Event | None = None
        self.waiting_bytes = 0
        self.is_closed = False
        line.on_writable = self._drain

    def put(self, frame: Frame) -> None:
        """Send a frame. Past the bound the client is given up instead: it can resume where it was."""
        if self.is_closed:
            return
        if not self._frames and self._line.is_writable:
            self._line.write(frame)
            return
        if self.waiting_bytes + len(frame) > MAX_BYTES:
            self.drop_those(lambda _: True)
        if self.waiting_bytes + len(frame) > MAX_BYTES:
            self.close()
            self._too_slow()
            return
        if self._frames is None:
            self._frames = deque()
        self._frames.append(frame)
        self.waiting_bytes += len(frame)

    def replace(self, key: Hashable, frame: Frame) -> None:
        """Send a frame in the place of what waits under `key`; not at all, when too much waits."""
        if self.is_closed:
            return
        self.drop(key)
        if not self.waiting_bytes and self._line.is_writable:
            self._line.write(frame)
        elif self.waiting_bytes + len(frame) <= LATEST_BYTES:
            if self._latest is None:
                self._latest = {}
            self._latest[key] = frame
            self.waiting_bytes += len(frame)

    def drop(self, key: Hashable) -> None:
        """Forget what waits under `key`: it is no longer true."""
        if self._latest and (frame := self._latest.pop(key, None)) is not None:
            self.waiting_bytes -= len(frame)

    def drop_those(self, are_meant: Callable[[Hashable], bool]) -> None:
        """Forget what waits under any key that is meant."""
        for key in [key for key in self._latest or () if are_meant(key)]:
            self.drop(key)

    async def emptied(self) -> None:
        """Wait until nothing waits, or until it is closed."""
        while self.waiting_bytes:
            if self._empty is None:
                self._empty = asyncio.Event()
            await self._empty.wait()

    async def flush(self) -> None:
        """Wait until everything has been sent, or a few seconds at most."""
        try:
            async with asyncio.timeout(FLUSH_SECONDS):
                await self.emptied()
        except TimeoutError:
            return

    def close(self) -> None:
        """Drop what waits and send nothing more."""
        self.is_closed = True
        self._frames = self._latest = None
        self.waiting_bytes = 0
        self._tell_empty()

    def _drain(self) -> None:
        while self._frames and self._line.is_writable:
            frame = self._frames.popleft()
            self.waiting_bytes -= len(frame)
            self._line.write(frame)
        while not self._frames and self._latest and self._line.is_writable:
            key = next(iter(self._latest))
            frame = self._latest[key]
            self.drop(key)
            self._line.write(frame)
        if not self.waiting_bytes:
            self._tell_empty()

    def _tell_empty(self) -> None:
        if self._empty is not None:
            self._empty.set()
            self._empty = None
