"""Following one generation across as many connections as it takes."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from time import monotonic

from api.client.address import Address
from api.client.backoff import Backoff
from api.client.connection import Dropped, frames
from api.client.frames import Event, Progress, Transition
from api.client.generation import Generation
from schema.statuses import FINAL


class Watch:
    """The transitions of one generation, each once and in order, until a final one."""

    def __init__(
        self,
        address: Address,
        headers: Mapping[str, str],
        generation_id: str,
        after: int,
        *,
        look: Callable[[str], Awaitable[Generation]],
        dropped: Callable[[str], None] | None,
        patience: float,
        known: bool,
    ) -> None:
        """`patience` in seconds; `known` says that the server has answered before."""
        self._address = address
        self._headers = headers
        self._id = generation_id
        self._seen = after
        self._look = look
        self._dropped = dropped
        self._patience = patience
        self._known = known
        self._backoff = Backoff()
        self._lost_at: float | None = None

    async def events(self) -> AsyncGenerator[Event, None]:
        """Follow, and come back after a drop. Raises Problem, and Unreachable when patience is at its end."""
        start = self._seen
        while True:
            try:
                async with aclosing(
                    frames(self._address, self._headers, f"generation:{self._id}", self._seen)
                ) as received:
                    async for frame in received:
                        match frame["type"]:
                            case "subscribed":
                                self._known, self._lost_at = True, None
                                # Above the version of one that has finished, nothing would ever come.
                                if start and self._seen == start and await self._is_over():
                                    return
                            case "transition" if frame["version"] > self._seen:
                                transition = Transition.from_frame(frame)
                                self._seen = transition.version
                                self._backoff.reset()
                                yield transition
                                if transition.is_last:
                                    return
                            case "progress":
                                yield Progress.from_frame(frame)
            except Dropped as drop:
                await self._wait(drop)

    async def _is_over(self) -> bool:
        generation = await self._look(self._id)
        return generation["status"] in FINAL and generation["version"] <= self._seen

    async def _wait(self, drop: Dropped) -> None:
        """Pause before the next connection, or give up."""
        now = monotonic()
        if self._lost_at is None:
            self._lost_at = now
        if not self._known or now - self._lost_at >= self._patience:
            raise self._address.unreachable(drop) from drop
        if self._dropped is not None:
            self._dropped(str(drop))
        await asyncio.sleep(self._backoff.pause())
