"""The outbox: what waits to be sent on one socket, bounded in bytes."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

MAX_BYTES = 1 * 2**20
"""What a socket may have waiting before its client counts as too slow."""

FLUSH_SECONDS = 2.0


class Outbox:
    """Frames for one socket, in order. A writer runs only while something waits."""

    def __init__(self, send: Callable[[str], Awaitable[None]], too_slow: Callable[[], None]) -> None:
        self._send = send
        self._too_slow = too_slow
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._writer: asyncio.Task[None] | None = None
        self._closed = False

    def put(self, frame: bytes) -> None:
        """Queue a frame. Past the bound the client is given up instead: it can resume where it was."""
        if self._closed:
            return
        if self._bytes + len(frame) > MAX_BYTES:
            self.close()
            self._too_slow()
            return
        self._frames.append(frame)
        self._bytes += len(frame)
        if self._writer is None:
            self._writer = asyncio.create_task(self._drain())

    async def flush(self) -> None:
        """Wait until everything has been sent, or a few seconds at most."""
        if self._writer is not None:
            await asyncio.wait([self._writer], timeout=FLUSH_SECONDS)

    def close(self) -> None:
        """Drop what waits and send nothing more."""
        self._closed = True
        self._frames.clear()
        if self._writer is not None:
            self._writer.cancel()

    async def _drain(self) -> None:
        try:
            while self._frames:
                frame = self._frames.popleft()
                await self._send(frame.decode())
                self._bytes -= len(frame)
        finally:
            self._writer = None
