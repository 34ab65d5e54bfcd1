"""Audits feeds, `generations` and `batch:<id>`: from a subscribe on, every transition that committed after it."""

from collections.abc import Iterator, Sequence

from proof.gateway.audit.completeness import audit_completeness, horizon
from proof.gateway.audit.evidence import evidence
from proof.gateway.audit.findings import Class, Finding
from proof.gateway.audit.order import audit_order
from proof.gateway.audit.rows import Entries, Entry, Row
from proof.gateway.audit.world import World
from proof.gateway.clients.record import Subscription
from proof.gateway.people import Person
from schema.statuses import FINAL, Status

SNAPSHOT = 100
"""How many generations a feed shows that begins anew, at most."""
MOST_MISSED = 2_000
"""A feed that has missed more generations may begin anew."""


def audit_feeds(world: World) -> Iterator[Finding]:
    """Every subscription to a feed that was confirmed."""
    for person, subscription in world.subscriptions:
        kind = subscription.topic.partition(":")[0]
        if subscription.confirmed_at is not None and kind in {"generations", "batch"}:
            yield from _audit(world, person, subscription)


def _audit(world: World, person: Person, subscription: Subscription) -> Iterator[Finding]:
    scope = scope_of(world, person, subscription.topic)
    asked, begun = horizon(subscription.after), begun_at(subscription)
    floor = asked if subscription.resumed else begun
    if subscription.resumed is not (asked is not None) and not _too_much(world, scope, asked):
        says = f"resumed is {subscription.resumed}"
        yield Finding(Class.ANEW, subscription.name, says)

    def starts(generation_id: str) -> set[int]:
        row = world.rows[generation_id]
        gift = world.book.given.get(generation_id)
        if gift is not None and not person.sees_all:
            # Its new owner may be told from its beginning on, and must be from the gift on.
            return set(range(1, gift.version + 2))
        known = {row.fresh_from(place) for place in (floor, begun) if place is not None}
        return known | ({1} if not subscription.resumed else set())

    yield from audit_order(world, subscription, starts)
    yield from audit_completeness(world, subscription, required(world, subscription, scope, floor))
    if not subscription.resumed:
        yield from _snapshot(world, subscription, scope)


def scope_of(world: World, person: Person, topic: str) -> Entries:
    """The transitions that a feed is about."""
    if topic.startswith("batch:"):
        return world.of_batch(topic.partition(":")[2])
    return world.everything if person.sees_all else world.of_user(person.id)


def begun_at(subscription: Subscription) -> int | None:
    """The place where it began: that of the first cursor it gave out, which may be the last frame of its snapshot."""
    given = (horizon(cursor) for cursor in (subscription.cursor, *(heard.cursor for heard in subscription.heard)))
    return next((place for place in given if place is not None), None)


def required(world: World, subscription: Subscription, scope: Entries, floor: int | None) -> Sequence[Entry]:
    """What had to come sooner or later: what is not behind the place where the subscription went on, or began."""
    if subscription.resumed:
        return scope.since(floor or 0)
    # Wherever it says that it began: what was begun after its confirmation is after it.
    confirmed_at = subscription.confirmed_at or 0.0
    return [
        entry
        for entry in scope.since(0)
        if (floor is not None and entry.change >= floor) or world.rows[entry.id].begun_at(entry.version) > confirmed_at
    ]


def _too_much(world: World, scope: Entries, asked: int | None) -> bool:
    """Whether more generations may have moved since the cursor than a feed reads up."""
    if asked is None:
        return False
    return len({entry.id for entry in scope.since(0) if world.rows[entry.id].changed >= asked}) > MOST_MISSED


def _snapshot(world: World, subscription: Subscription, scope: Entries) -> Iterator[Finding]:
    """What certainly stood there unfinished has to be shown, up to the first cursor, unless there was too much."""
    shown = {heard.id for heard in subscription.heard if heard.version == 1}
    if len(shown) >= SNAPSHOT:
        return
    place = horizon(subscription.cursor)
    before: set[str] = set()
    if place is None:
        for heard in subscription.heard:
            before.add(heard.id)
            if (place := horizon(heard.cursor)) is not None:
                break
    if place is None:
        return
    for generation_id in {entry.id for entry in scope.since(0)} - before:
        if generation_id not in world.book.given and _stood(world.rows[generation_id], subscription, place):
            about = f"{generation_id} to {subscription.name}"
            says = "a cursor was given out before the snapshot showed it"
            yield Finding(Class.EARLY, about, says, evidence(world, subscription, generation_id))


def _stood(row: Row, subscription: Subscription, place: int) -> bool:
    """Whether the row was certainly there and unfinished when the snapshot was read."""
    reached = row.fresh_from(place) - 1
    if reached == 0 or Status(row.statuses[reached - 1]) in FINAL:
        return False
    confirmed_at = subscription.confirmed_at or 0.0
    return reached == row.version or row.begun_at(reached + 1) > confirmed_at
