"""One topic, followed across as many connections as it takes."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from time import monotonic
from typing import Any

from api.client.address import Address
from api.client.backoff import Backoff
from api.client.connection import Dropped, frames
from schema.wire.frames import CLOSES


@dataclass(frozen=True, slots=True)
class Line:
    """How the server is reached, and how long it is waited for."""

    address: Address
    headers: Mapping[str, str]
    known: bool
    """Whether it has answered before. One that never did is not waited for: who started none should hear so at once."""
    patience: float
    """Seconds that a dropped subscription tries to come back."""
    keepalive: float
    """Seconds between pings, and the longest that an answer may take."""
    dropped: Callable[[str], None] | None
    """Told why, each time that the connection is gone."""


class Subscription:
    """Connects, subscribes, and does both again after each drop."""

    def __init__(
        self, line: Line, topic: str, after: int | str | None = None, *, then: Mapping[str, Any] | None = None
    ) -> None:
        """`then` is a frame that is sent behind each subscribe."""
        self.after = after
        """Where the next connection goes on. Whoever reads the frames moves it, and says so by `moved`."""
        self._line = line
        self._topic = topic
        self._then = then
        self._known = line.known
        self._backoff = Backoff()
        self._lost_at: float | None = None

    async def frames(self) -> AsyncGenerator[dict[str, Any] | Dropped, None]:
        """Every frame of every connection, and between two connections the drop.

        Raises Problem, and Unreachable when patience is at its end.
        """
        while True:
            try:
                async with aclosing(self._connected()) as received:
                    async for frame in received:
                        if frame["type"] == "subscribed":
                            self._known, self._lost_at = True, None
                        yield frame
            except Dropped as drop:
                yield drop
                await self._wait(drop)

    def moved(self) -> None:
        """Something new came: the server is well, and after the next drop the first pause is short again."""
        self._backoff.reset()

    def _connected(self) -> AsyncGenerator[dict[str, Any], None]:
        subscribe = {"type": "subscribe", "ref": "1", "topic": self._topic, "after": self.after}
        asked = [subscribe] if self._then is None else [subscribe, self._then]
        return frames(self._line.address, self._line.headers, asked, self._line.keepalive)

    async def _wait(self, drop: Dropped) -> None:
        """Pause before the next connection, or give up."""
        now = monotonic()
        # Whoever closes with one of our codes is there, also when it took no subscription.
        self._known = self._known or drop.code in CLOSES
        if self._lost_at is None:
            self._lost_at = now
        if not self._known or now - self._lost_at >= self._line.patience:
            raise self._line.address.unreachable(drop) from drop
        if self._line.dropped is not None:
            self._line.dropped(str(drop))
        await asyncio.sleep(self._backoff.pause(drop.pace))
