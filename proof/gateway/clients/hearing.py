"""Hearing: sorts the frames of one connection into its subscriptions."""

import sys
import time
from typing import Any

import orjson

from proof.gateway.clients.carried import Carried
from proof.gateway.clients.record import Cursor, Heard, Record, Subscription


class Hearing:
    """One connection's subscriptions. A topic's frames belong to its last confirmed one."""

    def __init__(self, record: Record, carried: Carried) -> None:
        record.connections += 1
        self.connection = record.connections
        self._record = record
        self._carried = carried
        self._asked: dict[str, Subscription] = {}
        self.frames = 0
        """How many have come."""
        self.open: dict[str, Subscription] = {}
        """Confirmed, by topic."""

    def ask(self, topic: str, after: Cursor) -> bytes:
        """The frame that subscribes to `topic`; its answer is expected from now on."""
        subscription = Subscription(self._record.number, self.connection, topic, after)
        self._record.subscriptions.append(subscription)
        ref = str(len(self._record.subscriptions))
        self._asked[ref] = subscription
        return orjson.dumps({"type": "subscribe", "ref": ref, "topic": topic, "after": after})

    def follows(self, topic: str) -> bool:
        """Whether a subscribe to the topic was confirmed, or still may be."""
        return topic in self.open or any(one.topic == topic for one in self._asked.values())

    @property
    def waits(self) -> bool:
        """Whether a subscribe is still to be answered."""
        return bool(self._asked)

    def hear(self, raw: bytes) -> Subscription | None:
        """Take the next frame in; the subscription that it refused, if it did."""
        frame: dict[str, Any] = orjson.loads(raw)
        self.frames += 1
        match frame["type"]:
            case "transition":
                self._transition(frame)
            case "subscribed":
                self._subscribed(frame)
            case "error":
                return self._refused(frame)
            case "unsubscribed":
                self._leave(frame["topic"])
            case "progress":
                if subscription := self._following(frame):
                    subscription.progress[frame["id"]] = time.time()
            case _:
                if subscription := self._following(frame):
                    subscription.told = frame
        return None

    def end(self) -> None:
        """The connection is gone, and everything on it."""
        for subscription in (*self.open.values(), *self._asked.values()):
            subscription.alive = False

    def _transition(self, frame: dict[str, Any]) -> None:
        if (subscription := self._following(frame)) is None:
            return
        generation = frame["generation"]
        self._carried.take(frame["topic"], frame["cursor"])
        # Interned: the same ids come a thousand times.
        heard = Heard(
            id=sys.intern(frame["id"]),
            version=frame["version"],
            status=sys.intern(frame["status"]),
            at=sys.intern(frame["at"]),
            cursor=frame["cursor"],
            owner=generation["user_id"],
            batch=generation["batch_id"],
            row_version=generation["version"] if generation["id"] == frame["id"] else 0,
            place=self.frames,
        )
        subscription.heard.append(heard)

    def _subscribed(self, frame: dict[str, Any]) -> None:
        subscription = self._asked.pop(frame["ref"], None)
        if subscription is None or subscription.topic != frame["topic"]:
            self._record.unasked.append(_short(self.connection, frame))
            return
        self._leave(subscription.topic)
        self.open[subscription.topic] = subscription
        subscription.confirmed_at = time.time()
        subscription.resumed, subscription.cursor = frame["resumed"], frame.get("cursor")
        if not subscription.resumed:
            self._carried.forget(subscription.topic)
        self._carried.take(subscription.topic, subscription.cursor)

    def _refused(self, frame: dict[str, Any]) -> Subscription | None:
        if subscription := self._asked.pop(frame["ref"] or "", None):
            subscription.refused = frame["problem"]["status"]
            subscription.alive = False
            # A subscribe ends the last one on its topic, also when it is refused itself.
            self._leave(subscription.topic)
        return subscription

    def _leave(self, topic: str) -> None:
        if old := self.open.pop(topic, None):
            old.alive = False

    def _following(self, frame: dict[str, Any]) -> Subscription | None:
        subscription = self.open.get(frame.get("topic", ""))
        if subscription is None:
            self._record.unasked.append(_short(self.connection, frame))
        return subscription


def _short(connection: int, frame: dict[str, Any]) -> str:
    told = {name: value for name, value in frame.items() if name != "generation"}
    return f"connection {connection}: {orjson.dumps(told).decode()[:300]}"
