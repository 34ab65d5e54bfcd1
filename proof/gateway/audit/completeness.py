"""Audits that everything came that had to, on one subscription: to its end, and up to each cursor that it gave out."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from proof.gateway.audit.evidence import evidence, versions
from proof.gateway.audit.findings import Class, Finding
from proof.gateway.audit.order import lost
from proof.gateway.audit.rows import Entry
from proof.gateway.audit.world import World
from proof.gateway.clients.record import Cursor, Subscription

Key = tuple[str, int]


def horizon(cursor: Cursor) -> int | None:
    """The transaction id in a feed's cursor: everything below it is behind whoever received it."""
    return int(cursor.rpartition(":")[2], 16) if isinstance(cursor, str) else None


def audit_completeness(world: World, subscription: Subscription, required: Sequence[Entry]) -> Iterator[Finding]:
    """Whatever of `required` (by transaction) a cursor covered before it was sent, and whatever never came.

    A connection may be cut after any frame, and its client then resumes from that frame's cursor. So whatever the
    cursor covers must have been sent up to that frame. On a subscription that stood to the end all must have come.
    """
    got: set[Key] = set()
    early: dict[Key, Cursor] = {}
    reached = 0

    def claim(cursor: Cursor) -> None:
        nonlocal reached
        covered = horizon(cursor)
        while covered is not None and reached < len(required) and required[reached].change < covered:
            key = (required[reached].id, required[reached].version)
            if key not in got:
                early[key] = cursor
            reached += 1

    claim(subscription.cursor)
    for heard in subscription.heard:
        got.add((heard.id, heard.version))
        claim(heard.cursor)
    never = early.keys() - got
    if subscription.alive:
        never |= {(entry.id, entry.version) for entry in required} - got
    yield from _never(world, subscription, never)
    if too_early := early.keys() - never:
        generation_id, version = min(too_early)
        says = (
            f"cursor {early[generation_id, version]} was given out before {len(too_early)} transitions that it covers; "
            f"one is version {version} of {generation_id}"
        )
        yield Finding(Class.EARLY, subscription.name, says, evidence(world, subscription, generation_id))


def _never(world: World, subscription: Subscription, never: set[Key]) -> Iterator[Finding]:
    by_generation: defaultdict[str, set[int]] = defaultdict(set)
    for generation_id, version in never:
        by_generation[generation_id].add(version)
    until = "though it was followed to the end" if subscription.alive else "though a cursor covered it"
    for generation_id, missing in by_generation.items():
        about = f"{generation_id} to {subscription.name}"
        says = f"{versions(missing)} never came, {until}"
        yield Finding(lost(subscription), about, says, evidence(world, subscription, generation_id))
