"""Made-up worlds for the gateway's audit: a right one, and each way in which it may be wrong."""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any

from proof.gateway.audit.findings import Class
from proof.gateway.audit.rows import Row
from proof.gateway.audit.world import World
from proof.gateway.book import Batch, Book, Gift, Probe
from proof.gateway.clients.record import Cursor, Heard, Record, Subscription
from proof.gateway.people import Person
from schema.statuses import Status

ALICE, BOB = Person("alice", "a", False), Person("bob", "b", False)
SERVICE = Person("service", "s", True)
WAY = ("queued", "processing", "downloading", "completed")
AGAIN = ("queued", "failed", "queued", "processing")
SECOND = "2026-11-24T00:00:{:02}+00:00"
BEFORE, AFTER = 0.0, 4e9
"""Epoch seconds before and after everything."""
BETWEEN = datetime.fromisoformat(SECOND.format(1)).timestamp() + 0.5
"""After the second transition."""


def row(id_: str = "g1", *statuses: str, owner: str = "alice", batch: str | None = None, first: int = 16) -> Row:
    """A generation whose transitions were made by the transactions `first`, `first` + 16, …"""
    way = list(statuses or WAY)
    changes = [first + 16 * n for n in range(len(way))]
    return Row(id_, owner, batch, way, [SECOND.format(n) for n in range(len(way))], changes, changes[-1], False)


def feed(*frames: "tuple[int, int | None]", id_: str = "g1", owner: str = "alice") -> list[Heard]:
    """Frames of a feed: version, and the horizon of the cursor."""
    return [
        Heard(id_, version, WAY[version - 1], SECOND.format(version - 1), at(horizon), owner, None, 4, place)
        for place, (version, horizon) in enumerate(frames, 2)
    ]


def again(heard: list[Heard]) -> list[Heard]:
    """The same frames of a generation that failed and was tried again."""
    return [one._replace(status=AGAIN[one.version - 1]) for one in heard]


def single(*versions: int, owner: str = "alice") -> list[Heard]:
    """Frames of `generation:g1`."""
    return [one._replace(cursor=one.version) for one in feed(*((version, None) for version in versions), owner=owner)]


def at(horizon: int | None) -> str | None:
    """A feed's cursor."""
    return None if horizon is None else f"history:{horizon:x}"


def subscribed(topic: str, heard: list[Heard], *, after: Cursor = None, cursor: Cursor = None) -> Subscription:
    """A subscription that stood to the end, and resumed when it was asked to."""
    return Subscription(1, 1, topic, after, BEFORE, after is not None, cursor, heard=heard)


def world(*subscriptions: Subscription, person: Person = ALICE, rows: list[Row] | None = None, **book: Any) -> World:
    """One client's."""
    record = Record(1, person, 1, list(subscriptions))
    return World({one.id: one for one in rows or [row()]}, [record], replace(Book(), **book))


FEED, ONE, BATCH, QUEUE = "generations", "generation:g1", "batch:b1", "queue"
SEEN = feed((1, 16), (2, 16), (3, 48), (4, 64))
BATCHED = {"b1": Batch("b1", "alice", frozenset({"g1"}))}
COUNTS = {"counts": {str(status): int(status == Status.COMPLETED) for status in Status}}
STANDING = {"counts": {"pending": 0, "queued": 0, "processing": 0, "downloading": 0}}
GIFT = {"g1": Gift(2, "bob", "alice", AFTER)}
TURNED = [Probe(("g2", 4), ("g1", 4), ((1, 1),))]
PROBE = [Probe(("g1", 4), ("g2", 4), ((1, 1),))]


def told(topic: str, counts: dict[str, dict[str, int]], heard: list[Heard]) -> Subscription:
    """A subscription with counts."""
    return replace(subscribed(topic, heard, cursor=at(16)), told=counts)


def left(subscription: Subscription) -> Subscription:
    """The same, cut off."""
    return replace(subscription, alive=False)


def probed(before: int, after: int, *probes: Probe) -> World:
    """A witness to whom g1 came as frame `before`, and g2 as frame `after`; these probes, or that one."""
    ones = [
        subscribed(f"generation:{id_}", [one._replace(id=id_, place=place + one.version) for one in single(1, 2, 3, 4)])
        for id_, place in (("g1", before), ("g2", after))
    ]
    return world(*ones, person=SERVICE, rows=[row("g1"), row("g2")], probes=probes or PROBE)


RIGHT: dict[str, World] = {
    "a feed to the end": world(subscribed(FEED, SEEN, cursor=at(16))),
    "a feed of everybody's": world(subscribed(FEED, SEEN, cursor=at(16)), person=SERVICE),
    "nothing of anybody else's": world(subscribed(FEED, [], cursor=at(16)), person=BOB),
    "a resumed feed": world(subscribed(FEED, feed((3, 48), (4, 64)), after=at(48), cursor=at(48))),
    "what came since the cursor again": world(left(subscribed(FEED, SEEN, after=at(16), cursor=at(16)))),
    "a snapshot from the beginning": world(subscribed(FEED, feed((1, None), (2, 48), (3, 48), (4, 48)))),
    "begun when it had failed": world(
        replace(
            subscribed(FEED, again(feed((3, 48), (4, 48))), cursor=at(48)),
            confirmed_at=BETWEEN,
        ),
        rows=[row("g1", *AGAIN)],
    ),
    "cut off in the middle": world(left(subscribed(FEED, feed((1, 16), (2, 16)), cursor=at(16)))),
    "one generation": world(subscribed(ONE, single(1, 2, 3, 4))),
    "one generation resumed": world(subscribed(ONE, single(4), after=3)),
    "one generation, nothing new": world(subscribed(ONE, [], after=4)),
    "a batch": world(told(BATCH, COUNTS, SEEN), rows=[row(batch="b1")], batches=BATCHED),
    "the queue": world(replace(told(QUEUE, STANDING, []), cursor=None)),
    "somebody else's is refused": world(left(Subscription(1, 1, ONE, None, refused=404)), person=BOB),
    "given away after two": world(left(subscribed(ONE, single(1, 2, owner="bob"))), person=BOB, given=GIFT),
    "received after two": world(subscribed(FEED, feed((3, 16), (4, 16)), cursor=at(16)), given=GIFT),
    "looked after its return": probed(2, 9),
    "overtaken once": probed(2, 9, *PROBE * 4, *TURNED),
}

WRONG: dict[str, tuple[Class, World]] = {
    "the end missed": (Class.MISSED, world(subscribed(FEED, SEEN[:3], cursor=at(16)))),
    "everything missed": (Class.MISSED, world(subscribed(FEED, [], cursor=at(16)))),
    "a hole": (Class.MISSED, world(left(subscribed(FEED, [SEEN[0], SEEN[2]], cursor=at(16))))),
    "a hole in a resumed feed": (Class.GAP, world(subscribed(FEED, [SEEN[3]], after=at(48), cursor=at(48)))),
    "the end of one missed": (Class.MISSED, world(subscribed(ONE, single(1, 2, 3)))),
    "the end of a resumed one missed": (Class.GAP, world(subscribed(ONE, [], after=3))),
    "a batch's end missed": (
        Class.MISSED,
        world(told(BATCH, COUNTS, SEEN[:3]), rows=[row(batch="b1")], batches=BATCHED),
    ),
    "a cursor beyond what came": (Class.GAP, world(left(subscribed(FEED, SEEN[:2], after=at(16), cursor=at(64))))),
    "a cursor that came too early": (Class.EARLY, world(subscribed(FEED, SEEN, after=at(16), cursor=at(64)))),
    "a cursor before its snapshot": (
        Class.EARLY,
        world(subscribed(FEED, feed((1, 32), (2, 32)), cursor=at(64)), rows=[row("g1", "queued", "processing")]),
    ),
    "twice": (Class.REPEATED, world(subscribed(FEED, [*SEEN, SEEN[3]], cursor=at(16)))),
    "behind the cursor": (Class.REPEATED, world(subscribed(FEED, SEEN, after=at(48), cursor=at(48)))),
    "one generation twice": (Class.REPEATED, world(subscribed(ONE, single(1, 2, 3, 4, 4)))),
    "one generation behind its version": (Class.REPEATED, world(subscribed(ONE, single(3, 4), after=3))),
    "out of order": (Class.ORDER, world(subscribed(FEED, [SEEN[i] for i in (0, 2, 1, 3)], cursor=at(16)))),
    "somebody else's in a feed": (Class.FOREIGN, world(subscribed(FEED, SEEN, cursor=at(16)), person=BOB)),
    "somebody else's by its id": (Class.FOREIGN, world(subscribed(ONE, single(1, 2, 3, 4)), person=BOB)),
    "what was given away": (
        Class.FOREIGN,
        world(left(subscribed(ONE, single(1, 2, 3, owner="bob"))), person=BOB, given=GIFT),
    ),
    "another one's frame": (
        Class.FOREIGN,
        world(left(subscribed("generation:g2", single(1))), rows=[row("g1"), row("g2")]),
    ),
    "another batch's frame": (
        Class.FOREIGN,
        world(
            told("batch:b2", COUNTS, SEEN),
            batches={
                "b2": Batch("b2", "alice", frozenset({"g2"})),
            },
            rows=[row("g1"), row("g2")],
        ),
    ),
    "a body of somebody else's": (Class.FOREIGN, world(subscribed(ONE, single(1, 2, 3, 4, owner="bob")))),
    "somebody else's progress": (
        Class.FOREIGN,
        world(replace(subscribed(FEED, [], cursor=at(16)), progress={"g1": BEFORE}), person=BOB),
    ),
    "a status that was none": (
        Class.UNTRUE,
        world(subscribed(ONE, [one._replace(status="failed") for one in single(1, 2, 3, 4)])),
    ),
    "a version that never was": (Class.UNTRUE, world(subscribed(ONE, single(1, 2, 3, 4)), rows=[row("g1", *WAY[:3])])),
    "an older row beside it": (
        Class.UNTRUE,
        world(subscribed(ONE, [one._replace(row_version=1) for one in single(1, 2, 3, 4)])),
    ),
    "begun anew for nothing": (
        Class.ANEW,
        world(replace(subscribed(FEED, SEEN, after=at(16), cursor=at(16)), resumed=False)),
    ),
    "one begun anew": (Class.ANEW, world(replace(subscribed(ONE, single(1, 2, 3, 4), after=2), resumed=False))),
    "one's own refused": (Class.REFUSED, world(left(Subscription(1, 1, ONE, None, refused=404)))),
    "refused for another reason": (Class.REFUSED, world(left(Subscription(1, 1, QUEUE, None, refused=422)))),
    "a batch's counts": (
        Class.COUNTS,
        world(told(BATCH, STANDING, SEEN), rows=[row(batch="b1")], batches=BATCHED),
    ),
    "the queue never told": (Class.COUNTS, world(subscribed(QUEUE, []))),
    "not looked after its return": (Class.UNSYNCED, probed(9, 2)),
    "an answer that no door gives": (
        Class.DOOR,
        world(wrong={("submit", "500"): "oops"}, answers=Counter({("submit", "500"): 1})),
    ),
}
