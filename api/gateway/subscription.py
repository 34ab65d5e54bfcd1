"""A subscription: one topic on one socket, and the last version it was sent of each generation."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from uuid import UUID

from api.auth.identity import Identity
from api.gateway.cursor import Cursor
from api.gateway.frame import Frame, frame_of
from api.gateway.outbox import Outbox
from api.gateway.topic_names import Kind, TopicName
from api.gateway.view import Own, View
from pipeline.deletions import Deletion

REMEMBERED = 4_000
"""Of how many generations a feed remembers what it has sent."""
MOST_HELD = 10_000
"""How many generations may move while a subscription begins."""


class Ends(NamedTuple):
    """How a subscription can take its socket with it. The client comes back."""

    lost: Callable[[], None]
    """The database has gone back: what was sent may never have happened."""
    too_slow: Callable[[], None]


class Subscription:
    """Sends every timeline entry above the last one sent, in order, once.

    `offer` compares and writes without an await in between, so no two looks can send the same entry. While it begins
    (see following.py) what is offered is only noted; then that is read again, and sent after the snapshot.
    """

    hears_clock = True
    """Whether it is told what comes by the clock: how far a generation is, a batch's counts."""

    def __init__(
        self,
        name: str,
        topic: TopicName,
        identity: Identity,
        outbox: Outbox,
        *,
        reached: Callable[[], Cursor | None],
        ends: Ends,
    ) -> None:
        self.topic = name
        self.kind = topic.kind
        self.subject = topic.subject
        """The generation or the batch that it follows; None for a feed."""
        self.identity = identity
        self.outbox = outbox
        self._reached = reached
        self._ends = ends
        self._begun_at: Cursor | None = None
        self._last_shown: tuple[View, dict[str, Any], str | None] | None = None
        self._sent: dict[UUID, int] = {}
        self._of_one = topic.kind is Kind.GENERATION
        self._held: set[UUID] | None = set()

    def start_after(self, generation_id: UUID, version: int) -> None:
        """Count everything up to `version` as sent."""
        self._sent[generation_id] = version

    def begin_at(self, cursor: Cursor) -> None:
        """Everything before `cursor` is behind the subscriber, or in the snapshot."""
        self._begun_at = cursor

    def show(self, view: View, cursor: str | None) -> None:
        """Send a view of the snapshot. Whoever is cut off in the middle of it can go on from `cursor`."""
        if not self.may_be_told(view.user_id):
            return
        # Of a generation in the snapshot everything, unless it was said after which version to go on.
        last = self._sent.get(view.id, 0)
        for entry in view.after(last):
            self._show_last(cursor_instead=None)
            self._last_shown = view, entry, cursor
        self._remember(view.id, max(last, view.version))

    def end_of_snapshot(self) -> None:
        """The last frame of the snapshot says that all of it has been sent, and no frame before it may."""
        self._show_last(cursor_instead=str(self._begun_at) if self._begun_at else None)

    def take_held(self) -> set[UUID]:
        """What was offered meanwhile and has to be read again. When that is nothing, the subscription has begun."""
        held = self._held or set()
        self._held = set() if held else None
        return held

    def may_be_told(self, owner: str | None) -> bool:
        """Whether what is `owner`'s may be told here."""
        return self.identity.may_see(owner)

    def wants(self, generation_id: UUID, version: int) -> bool:
        """Whether this version has not been sent yet."""
        return self._sent.get(generation_id, 0) < version

    def offer(self, view: View) -> None:
        """Send what is new in `view`, or read it again once this has begun."""
        if self._held is None:
            self.send(view)
            return
        self._held.add(view.id)
        if len(self._held) > MOST_HELD:
            self._ends.too_slow()

    def send(self, view: View) -> None:
        """Send what is new in `view`, if the subscriber may be told."""
        if not self.may_be_told(view.user_id):
            return
        last = self._last(view)
        if view.version <= last:
            return
        self._remember(view.id, view.version)
        # It would come after the transition, and be wrong.
        self.outbox.drop((self.topic, view.id))
        for frame in self._frames(view, last):
            self.outbox.put(frame)

    def gone(self, deletion: Deletion) -> None:
        """Something that it follows was deleted. No frame of ours tells of that; the old apps' frames do."""

    def tell(self, frame: dict[str, Any]) -> None:
        """Send a frame that is no transition and comes once."""
        self.outbox.put(frame_of(frame))

    def tell_latest(self, about: UUID | None, frame: Frame) -> None:
        """Send a frame that the next one `about` the same replaces; a slow client goes without."""
        if self._held is None:
            self.outbox.replace((self.topic, about), frame)

    def forget_latest(self) -> None:
        """Nothing more of it may leave that can be replaced."""
        self.outbox.drop_those(lambda key: isinstance(key, tuple) and key[0] == self.topic)

    def end(self) -> None:
        """It cannot go on: the database has gone back. Its socket is closed; the client comes back and begins anew."""
        self._ends.lost()

    def _frames(self, view: View, last: int) -> Iterable[Frame]:
        """The frames that tell what is above version `last`."""
        return view.frames(self.topic, last, self._cursor)

    @property
    def _floor(self) -> Cursor | None:
        """Everything below it has been sent: from where it began, or what has been offered to everybody since."""
        reached, begun = self._reached(), self._begun_at
        if self._held is not None or reached is None or (begun is not None and begun.horizon >= reached.horizon):
            return begun
        return reached

    @property
    def _cursor(self) -> str | Own | None:
        if self._of_one:
            return Own.VERSION
        return str(floor) if (floor := self._floor) else None

    def _last(self, view: View) -> int:
        """The last version sent; of a generation that a feed does not remember, the last below its floor."""
        if (last := self._sent.get(view.id)) is not None:
            return last
        return view.version_before(floor.horizon) if (floor := self._floor) and not self._of_one else 0

    def _remember(self, generation_id: UUID, version: int) -> None:
        # Out and in again, so the one that has not moved for longest comes first.
        self._sent.pop(generation_id, None)
        self._sent[generation_id] = version
        if len(self._sent) > REMEMBERED:
            # Forgotten is only what the floor has long passed: the safety look moves it every two seconds.
            del self._sent[next(iter(self._sent))]

    def _show_last(self, cursor_instead: str | None) -> None:
        if self._last_shown is None:
            return
        view, entry, cursor = self._last_shown
        self._last_shown = None
        own = Own.VERSION if self._of_one else None
        self.outbox.put(view.frame(self.topic, entry, own or cursor_instead or cursor))
