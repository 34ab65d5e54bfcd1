"""Following one generation to its end."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from api.client.connection import Dropped
from api.client.frames import Event, Progress, Reset, Transition
from api.client.generation import Generation
from api.client.subscription import Line, Subscription
from schema.statuses import FINAL


class Watch:
    """The transitions of one generation, each once and in order, until a final one."""

    def __init__(
        self, line: Line, generation_id: str, after: int, *, look: Callable[[str], Awaitable[Generation]]
    ) -> None:
        self._subscription = Subscription(line, f"generation:{generation_id}", after or None)
        self._id = generation_id
        self._seen = after
        self._look = look

    async def events(self) -> AsyncGenerator[Event, None]:
        """Follow, and come back after a drop. Raises Problem, and Unreachable when patience is at its end."""
        start = self._seen
        async with aclosing(self._subscription.frames()) as received:
            async for frame in received:
                if isinstance(frame, Dropped):
                    continue
                match frame["type"]:
                    case "subscribed" if self._seen and not frame["resumed"]:
                        # The server's row never had this version: its database was restored.
                        self._go_on_after(0)
                        yield Reset()
                    case "subscribed":
                        # Above the version of one that has finished, nothing would ever come.
                        if start and self._seen == start and await self._is_over():
                            return
                    case "transition" if frame["version"] > self._seen:
                        transition = Transition.from_frame(frame, frame["version"])
                        self._go_on_after(transition.version)
                        self._subscription.moved()
                        yield transition
                        if transition.is_last:
                            return
                    case "progress":
                        yield Progress.from_frame(frame)

    def _go_on_after(self, version: int) -> None:
        self._seen = version
        self._subscription.after = version or None

    async def _is_over(self) -> bool:
        generation = await self._look(self._id)
        return generation["status"] in FINAL and generation["version"] <= self._seen
