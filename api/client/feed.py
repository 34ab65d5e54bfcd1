"""Following many generations, without an end; and the queue."""

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing
from typing import Any, Generic, TypeAlias, TypeVar

from api.client.connection import Dropped
from api.client.frames import BatchCounts, Progress, QueueStanding, Reset, Transition
from api.client.seen import Seen
from api.client.subscription import Line, Subscription
from schema.wire.frames import CLOSE_SLOW

Standing = TypeVar("Standing")
Standings: TypeAlias = Mapping[str, Callable[[Mapping[str, Any]], Standing]]
"""What reads the frames that tell how things stand, by their type."""
OF_GENERATIONS: Standings[Progress] = {"progress": Progress.from_frame}
OF_BATCH: Standings[Progress | BatchCounts] = {"progress": Progress.from_frame, "batch": BatchCounts.from_frame}

FENCE = {"type": "unsubscribe", "ref": "2", "topic": "queue"}
"""Frames are obeyed in order; so the answer to this one says that what a subscription begins with has come whole."""
BEGINNINGS = 2
"""How often what was missed may be too much for us, or for the line, before we do without it."""


class Feed(Generic[Standing]):
    """Transitions of many generations, each once, and of each generation in order; and how things stand between.

    What a subscription begins with, a snapshot or what was missed, is told when it has come whole: its cursors cover
    all of it at once, so what broke off in the midst of it has to be asked for again.
    """

    def __init__(self, line: Line, topic: str, after: str | None, standings: Standings[Standing]) -> None:
        self._subscription = Subscription(line, topic, after, then=FENCE)
        self._standings = standings
        self._seen = Seen()
        self._has_past = after is not None
        self._beginning: list[dict[str, Any]] | None = []
        """The frames that a subscription began with so far; None once they have come whole."""
        self._lost_beginnings = 0

    async def events(self) -> AsyncGenerator[Transition | Reset | Standing, None]:
        """Follow, and come back after a drop. Raises Problem, and Unreachable when patience is at its end."""
        async with aclosing(self._subscription.frames()) as received:
            async for frame in received:
                if isinstance(frame, Dropped):
                    self._lose(frame)
                    continue
                for event in self._take(frame):
                    yield event

    def _take(self, frame: dict[str, Any]) -> Iterator[Transition | Reset | Standing]:
        """What a frame tells."""
        if frame["type"] == "unsubscribed":
            beginning, self._beginning = self._beginning, None
            self._lost_beginnings = 0
            if beginning:
                yield from self._begin(*beginning)
        elif self._beginning is not None:
            self._beginning.append(frame)
        else:
            self._go_on_after(frame.get("cursor"))
            yield from self._tell(frame)

    def _begin(self, subscribed: dict[str, Any], *frames: dict[str, Any]) -> Iterator[Transition | Reset | Standing]:
        if self._has_past and not subscribed["resumed"]:
            self._seen.forget()
            self._subscription.after = None
            yield Reset()
        for number, frame in enumerate(frames, start=1):
            # Whoever keeps the cursor of one in the midst goes on where this began.
            if number == len(frames):
                self._go_on_after(frame.get("cursor") or subscribed.get("cursor"))
            yield from self._tell(frame)
        if not frames:
            self._go_on_after(subscribed.get("cursor"))

    def _tell(self, frame: dict[str, Any]) -> Iterator[Transition | Standing]:
        if frame["type"] == "transition":
            if self._seen.is_news(frame["id"], frame["version"]):
                self._has_past = True
                self._subscription.moved()
                yield Transition.from_frame(frame, self._subscription.after)
        elif read := self._standings.get(frame["type"]):
            self._subscription.moved()
            yield read(frame)

    def _go_on_after(self, cursor: str | None) -> None:
        """Note where the next connection goes on; a server that has no cursor yet takes none away."""
        self._subscription.after = cursor or self._subscription.after

    def _lose(self, drop: Dropped) -> None:
        """The connection is gone. A beginning that is always too much would be tried for ever: then without a past."""
        if drop.code == CLOSE_SLOW and self._beginning is not None:
            self._lost_beginnings += 1
        if self._lost_beginnings >= BEGINNINGS:
            self._subscription.after = None
        self._beginning = []


async def queue_standings(line: Line) -> AsyncGenerator[QueueStanding, None]:
    """How the queue stands, again and again. Raises Problem, and Unreachable when patience is at its end."""
    subscription = Subscription(line, "queue")
    async with aclosing(subscription.frames()) as received:
        async for frame in received:
            if not isinstance(frame, Dropped) and frame["type"] == "queue":
                subscription.moved()
                yield QueueStanding.from_frame(frame)
