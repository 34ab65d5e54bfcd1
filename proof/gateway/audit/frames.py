"""Audits every frame by itself: whether its client may see it, whether its topic is about it, whether it is true."""

from collections.abc import Iterator

from proof.gateway.audit.evidence import evidence
from proof.gateway.audit.findings import Class, Finding
from proof.gateway.audit.world import World
from proof.gateway.clients.record import Heard, Subscription
from proof.gateway.people import Person

GIVEN_SECONDS = 3.0
"""How long after a gift its giver may still be told of progress: a safety look, and a round of telling."""


def audit_frames(world: World) -> Iterator[Finding]:
    """Every transition, progress and counts frame of every client."""
    for person, subscription in world.subscriptions:
        for heard in subscription.heard:
            if why := _foreign(world, person, subscription, heard):
                yield _finding(world, Class.FOREIGN, subscription, heard, why)
            elif why := _untrue(world, heard):
                yield _finding(world, Class.UNTRUE, subscription, heard, why)
        if not _may_be_followed(world, person, subscription) and _was_served(subscription):
            yield Finding(Class.FOREIGN, subscription.name, "confirmed or served, and nobody of theirs is in it")
        for generation_id, at in subscription.progress.items():
            if not _may_be_told(world, person, generation_id, at) or not _is_about(subscription, generation_id, world):
                gift = world.book.given.get(generation_id)
                since = f", {at - gift.at:.1f} s after it was given to {gift.taker}" if gift else ""
                yield Finding(Class.FOREIGN, f"{generation_id} to {subscription.name}", f"its progress was told{since}")
    for record in world.records:
        for frame in record.unasked:
            yield Finding(Class.UNASKED, f"client {record.number}", frame)


def _foreign(world: World, person: Person, subscription: Subscription, heard: Heard) -> str:
    """Why the client may not be sent this; empty when it may."""
    if heard.id not in world.rows:
        return "there is no such generation"
    owner = world.owner_at(heard.id, heard.version)
    if not world.may_see(person, heard.id, heard.version):
        return f"version {heard.version} is {owner}'s, and was sent to {person.id}"
    if not person.sees_all and heard.owner != person.id:
        return f"version {heard.version} was sent to {person.id} with a generation of {heard.owner}'s"
    if not _is_about(subscription, heard.id, world):
        return f"the topic is not about it; its batch is {heard.batch}"
    return ""


def _untrue(world: World, heard: Heard) -> str:
    """What the frame says that the row does not; empty when they agree."""
    row = world.rows[heard.id]
    if not 1 <= heard.version <= row.version:
        return f"version {heard.version} of a row that came to {row.version}"
    if (heard.status, heard.at) != (row.statuses[heard.version - 1], row.ats[heard.version - 1]):
        return f"version {heard.version} {heard.status} at {heard.at}"
    if heard.row_version < heard.version:
        return f"version {heard.version}, and the generation beside it has {heard.row_version}"
    return ""


def _is_about(subscription: Subscription, generation_id: str, world: World) -> bool:
    kind, _, subject = subscription.topic.partition(":")
    if kind == "generation":
        return generation_id == subject
    if kind == "batch":
        return subject in world.book.batches and generation_id in world.book.batches[subject].members
    # Whose it is was looked at already; the queue tells of no generation.
    return kind == "generations"


def _may_be_told(world: World, person: Person, generation_id: str, at: float) -> bool:
    """Whether its progress could be told to somebody then."""
    row, gift = world.rows.get(generation_id), world.book.given.get(generation_id)
    if row is None or person.sees_all or person.id == row.user_id:
        return row is not None
    return gift is not None and person.id == gift.giver and at <= gift.at + GIVEN_SECONDS


def _may_be_followed(world: World, person: Person, subscription: Subscription) -> bool:
    kind, _, subject = subscription.topic.partition(":")
    if kind == "generation":
        return world.may_see(person, subject, 1)
    if kind == "batch":
        return person.sees_all or world.book.batches[subject].owner == person.id
    return True


def _was_served(subscription: Subscription) -> bool:
    return subscription.confirmed_at is not None or bool(subscription.heard) or subscription.told is not None


def _finding(world: World, cls: Class, subscription: Subscription, heard: Heard, why: str) -> Finding:
    return Finding(cls, f"{heard.id} to {subscription.name}", why, evidence(world, subscription, heard.id))
