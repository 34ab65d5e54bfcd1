"""A subscription: one topic on one socket, and the last version it was sent of each generation."""

from collections import OrderedDict
from typing import Any
from uuid import UUID

import orjson

from api.auth.identity import Identity
from api.gateway.outbox import Outbox
from api.gateway.view import View

REMEMBERED = 10_000
"""Of how many generations a feed remembers what it has sent."""


class Subscription:
    """Sends every timeline entry above the last one sent, in order, once.

    `offer` compares and appends without an await in between, so no two looks can send the same entry.
    """

    def __init__(self, topic: str, identity: Identity, outbox: Outbox) -> None:
        self.topic = topic
        self.identity = identity
        self._outbox = outbox
        self._sent: OrderedDict[UUID, int] = OrderedDict()
        self._held: dict[UUID, View] | None = {}

    def start_after(self, generation_id: UUID, version: int) -> None:
        """Count everything up to `version` as sent."""
        self._sent[generation_id] = version

    def wants(self, generation_id: UUID, version: int) -> bool:
        """Whether this version has not been sent yet."""
        return self._sent.get(generation_id, 0) < version

    def begin(self, frame: dict[str, Any], snapshot: list[View]) -> None:
        """Send the confirmation and the snapshot, then whatever came while the snapshot was being read."""
        held, self._held = self._held or {}, None
        self._outbox.put(orjson.dumps(frame))
        for view in snapshot:
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
        last = self._sent.get(view.id, 0)
        if view.version <= last:
            return
        self._sent[view.id] = view.version
        self._sent.move_to_end(view.id)
        if len(self._sent) > REMEMBERED:
            self._sent.popitem(last=False)
        for entry in view.after(last):
            self._outbox.put(view.frame(self.topic, entry))
