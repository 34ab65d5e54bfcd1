"""Audits what subscribes were answered, and the counts of batches and of the queue."""

from collections import Counter
from collections.abc import Iterator

from proof.gateway.audit.findings import Class, Finding
from proof.gateway.audit.world import World
from proof.gateway.clients.record import Record, Subscription
from proof.gateway.people import Person
from schema.statuses import Status

NOT_FOUND = 404
SERVERS_TROUBLE = 500
"""From this status on a client asks again; if it is never answered, that is found as well."""


def audit_answers(world: World) -> Iterator[Finding]:
    """Refusals without a reason, and topics that were never confirmed."""
    for person, subscription in world.subscriptions:
        status = subscription.refused
        if status is None or status >= SERVERS_TROUBLE:
            continue
        if status != NOT_FOUND or _is_theirs(world, person, subscription.topic):
            yield Finding(Class.REFUSED, subscription.name, f"answered {status}")
    for record in world.records:
        yield from _unanswered(record)


def _is_theirs(world: World, person: Person, topic: str) -> bool:
    """Whether it was somebody's to follow all the time."""
    kind, _, subject = topic.partition(":")
    if kind == "generation":
        return subject in world.rows and subject not in world.book.given and world.may_see(person, subject, 1)
    if kind == "batch":
        return person.sees_all or world.book.batches[subject].owner == person.id
    return True


def _unanswered(record: Record) -> Iterator[Finding]:
    for topic in record.wanted:
        standing = [one for one in record.subscriptions if one.topic == topic and one.alive and one.confirmed_at]
        if not standing:
            yield Finding(Class.UNANSWERED, f"client {record.number}", f"{topic} was not confirmed at the end")


def audit_counts(world: World) -> Iterator[Finding]:
    """The last counts that were told of a batch, and of the queue, are those of the rows."""
    queue = _queue(world)
    for _, subscription in world.subscriptions:
        kind, _, subject = subscription.topic.partition(":")
        if not subscription.alive or subscription.confirmed_at is None or kind not in {"batch", "queue"}:
            continue
        right = queue if kind == "queue" else _batch(world, subject)
        if (told := _counts(subscription)) != right:
            yield Finding(Class.COUNTS, subscription.name, f"told {told} at last, and it is {right}")


def _counts(subscription: Subscription) -> dict[str, int] | None:
    return None if subscription.told is None else subscription.told["counts"]


def _batch(world: World, batch_id: str) -> dict[str, int]:
    counts = Counter(world.rows[member].status for member in world.book.batches[batch_id].members)
    return {str(status): counts[status] for status in Status}


def _queue(world: World) -> dict[str, int]:
    queued = sum(row.status == Status.QUEUED for row in world.rows.values())
    counts = Counter(row.status for row in world.rows.values() if row.has_clock)
    return {
        "pending": counts[Status.PENDING],
        "queued": queued,
        "processing": counts[Status.PROCESSING],
        "downloading": counts[Status.DOWNLOADING],
    }
