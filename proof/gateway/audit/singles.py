"""Audits `generation:<id>`: the whole timeline above the version that was asked for, whenever that was."""

from collections.abc import Iterator

from proof.gateway.audit.evidence import evidence, versions
from proof.gateway.audit.findings import Class, Finding
from proof.gateway.audit.order import audit_order, lost
from proof.gateway.audit.rows import Row
from proof.gateway.audit.world import World
from proof.gateway.clients.record import Subscription
from proof.gateway.people import Person


def audit_singles(world: World) -> Iterator[Finding]:
    """Every confirmed subscription to one generation."""
    for person, subscription in world.subscriptions:
        kind, _, generation_id = subscription.topic.partition(":")
        if kind == "generation" and subscription.confirmed_at is not None and generation_id in world.rows:
            yield from _audit(world, person, subscription, world.rows[generation_id])


def _audit(world: World, person: Person, subscription: Subscription, row: Row) -> Iterator[Finding]:
    # No row ever goes back here, so every version that was received is still its past.
    if subscription.resumed is not (subscription.after is not None):
        yield Finding(Class.ANEW, subscription.name, f"resumed is {subscription.resumed}")
    after = int(subscription.after or 0) if subscription.resumed else 0
    yield from audit_order(world, subscription, lambda _: {after + 1})
    if not subscription.alive or not (person.sees_all or person.id == row.user_id):
        return
    last = max((heard.version for heard in subscription.heard), default=after)
    if last < row.version:
        about = f"{row.id} to {subscription.name}"
        says = f"{versions(range(last + 1, row.version + 1))} never came, though it was followed to the end"
        yield Finding(lost(subscription), about, says, evidence(world, subscription, row.id))
