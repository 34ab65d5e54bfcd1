"""Audits the order within a subscription: each generation's versions without a hole, once, from the right start."""

from collections import defaultdict
from collections.abc import Callable, Iterator

from proof.gateway.audit.evidence import evidence, versions
from proof.gateway.audit.findings import Class, Finding
from proof.gateway.audit.world import World
from proof.gateway.clients.record import Subscription

Starts = Callable[[str], set[int]]
"""The versions that a generation may begin with on the subscription; none when any will do."""


def lost(subscription: Subscription) -> Class:
    """The class of something that never came on the subscription."""
    return Class.GAP if subscription.resumed else Class.MISSED


def audit_order(world: World, subscription: Subscription, starts: Starts) -> Iterator[Finding]:
    """Whatever came twice, too late, from too early on, or left a hole."""
    heard: defaultdict[str, list[int]] = defaultdict(list)
    for one in subscription.heard:
        heard[one.id].append(one.version)
    for generation_id, came in heard.items():
        if generation_id not in world.rows:
            continue  # foreign to everybody; said elsewhere
        for cls, wrong, says in _wrong(subscription, came, starts(generation_id)):
            about = f"{generation_id} to {subscription.name}"
            yield Finding(cls, about, f"{versions(wrong)} {says}", evidence(world, subscription, generation_id))


def _wrong(subscription: Subscription, came: list[int], starts: set[int]) -> Iterator[tuple[Class, set[int], str]]:
    seen: set[int] = set()
    twice, late = set(), set()
    for version in came:
        if version in seen:
            twice.add(version)
        elif seen and version < max(seen):
            late.add(version)
        seen.add(version)
    first, last = min(seen), max(seen)
    if twice:
        yield Class.REPEATED, twice, "came twice"
    if late:
        yield Class.ORDER, late, f"came late: {came}"
    begun = max((start for start in starts if start <= first), default=None) if starts else first
    if begun is None:
        yield Class.REPEATED, {first}, f"came, behind the place to go on from: it should begin at {min(starts)}"
        begun = first
    if holes := set(range(begun, last)) - seen:
        yield lost(subscription), holes, f"left out: {came}"
