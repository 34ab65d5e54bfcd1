"""Following many generations, without an end; and the queue."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any, Generic, TypeAlias, TypeVar

from api.client.frames import BatchCounts, Progress, QueueStanding, Reset, Transition
from api.client.seen import Seen
from api.client.subscription import Line, Subscription

Standing = TypeVar("Standing")
Standings: TypeAlias = Mapping[str, Callable[[Mapping[str, Any]], Standing]]
"""What reads the frames that tell how things stand, by their type."""
OF_GENERATIONS: Standings[Progress] = {"progress": Progress.from_frame}
OF_BATCH: Standings[Progress | BatchCounts] = {"progress": Progress.from_frame, "batch": BatchCounts.from_frame}


class Feed(Generic[Standing]):
    """Transitions of many generations, each once, and of each generation in order; and how things stand between."""

    def __init__(self, line: Line, topic: str, after: str | None, standings: Standings[Standing]) -> None:
        self._subscription = Subscription(line, topic, after)
        self._standings = standings
        self._seen = Seen()
        self._has_past = after is not None

    async def events(self) -> AsyncGenerator[Transition | Reset | Standing, None]:
        """Follow, and come back after a drop. Raises Problem, and Unreachable when patience is at its end."""
        async with aclosing(self._subscription.frames()) as received:
            async for frame in received:
                if frame["type"] == "subscribed" and self._has_past and not frame["resumed"]:
                    self._subscription.after = None
                    self._seen.forget()
                    yield Reset()
                # A first snapshot has no cursor until all of it was sent: who is cut off in it begins anew.
                self._subscription.after = frame.get("cursor") or self._subscription.after
                if (event := self._read(frame)) is not None:
                    self._subscription.moved()
                    yield event

    def _read(self, frame: Mapping[str, Any]) -> Transition | Standing | None:
        """What the frame tells, if that is news."""
        if frame["type"] != "transition":
            read = self._standings.get(frame["type"])
            return read(frame) if read else None
        if not self._seen.is_news(frame["id"], frame["version"]):
            return None
        self._has_past = True
        return Transition.from_frame(frame, self._subscription.after)


async def queue_standings(line: Line) -> AsyncGenerator[QueueStanding, None]:
    """How the queue stands, again and again. Raises Problem, and Unreachable when patience is at its end."""
    subscription = Subscription(line, "queue")
    async with aclosing(subscription.frames()) as received:
        async for frame in received:
            if frame["type"] == "queue":
                subscription.moved()
                yield QueueStanding.from_frame(frame)
