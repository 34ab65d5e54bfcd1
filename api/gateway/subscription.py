"""A subscription: one topic on one socket, and the last version it was sent of each generation."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import orjson

from api.auth.identity import Identity
from api.gateway.cursor import Cursor
from api.gateway.outbox import Outbox
from api.gateway.view import View

REMEMBERED = 10_000
"""Of how many generations a feed remembers what it has sent."""


class Subscription:
    """Sends every timeline entry above the last one sent, in order, once.

    `offer` compares and appends without an await in between, so no two looks can send the same entry.
    """

    def __init__(
        self,
        topic: str,
        subject: UUID | None,
        identity: Identity,
        outbox: Outbox,
        *,
        reached: Callable[[], Cursor | None],
        lost: Callable[[], None],
    ) -> None:
        self.topic = topic
        self.subject = subject
        """The generation or the batch that it follows; None for a feed."""
        self.identity = identity
        self._outbox = outbox
        self._reached = reached
        self._lost = lost
        self._of_one = topic.startswith("generation:")
        self._begun_at: Cursor | None = None
        self._sent: OrderedDict[UUID, int] = OrderedDict()
        self._held: dict[UUID, View] | None = {}

    def start_after(self, generation_id: UUID, version: int) -> None:
        """Count everything up to `version` as sent."""
        self._sent[generation_id] = version

    def begin_at(self, cursor: Cursor) -> None:
        """Everything before `cursor` is behind the subscriber, or in the snapshot."""
        self._begun_at = cursor

    @property
    def cursor(self) -> str | None:
        """A feed's cursor now: up to where everything has been sent on it."""
        reached, begun = self._reached(), self._begun_at
        if begun is None or (reached is not None and reached.horizon > begun.horizon):
            return str(reached) if reached else None
        return str(begun)

    def wants(self, generation_id: UUID, version: int) -> bool:
        """Whether this version has not been sent yet."""
        return self._sent.get(generation_id, 0) < version

    def begin(self, frame: dict[str, Any], snapshot: Iterable[View]) -> None:
        """Send the confirmation and the snapshot, then whatever came while the snapshot was being read."""
        held, self._held = self._held or {}, None
        self._outbox.put(orjson.dumps(frame))
        for view in snapshot:
            # All of its timeline, unless it was said after which version to go on.
            self._sent.setdefault(view.id, 0)
            self.offer(view)
        for view in held.values():
            self.offer(view)

    def offer(self, view: View) -> None:
        """Send what is new in `view`, if its owner may be told."""
        if not self.identity.may_see(view.user_id):
            return
        if self._held is not None:
            held = self._held.get(view.id)
            if held is None or held.version < view.version:
                self._held[view.id] = view
            return
        last = self._last(view)
        if view.version <= last:
            return
        self._sent[view.id] = view.version
        self._sent.move_to_end(view.id)
        if len(self._sent) > REMEMBERED:
            self._sent.popitem(last=False)
        for entry in view.after(last):
            cursor = entry["v"] if self._of_one else self.cursor
            self._outbox.put(view.frame(self.topic, entry, cursor))

    def _last(self, view: View) -> int:
        """The last version sent; of a generation that a feed meets for the first time, the last before it began."""
        if (last := self._sent.get(view.id)) is not None:
            return last
        return view.version_before(self._begun_at.horizon) if self._begun_at else 0

    def tell(self, frame: dict[str, Any]) -> None:
        """Send a frame that is no transition; its order among them does not matter."""
        self.put(orjson.dumps(frame))

    def put(self, frame: bytes) -> None:
        """The same, written already: one for many."""
        self._outbox.put(frame)

    def end(self) -> None:
        """It cannot go on: the database has gone back. Its socket is closed; the client comes back and begins anew."""
        self._lost()
