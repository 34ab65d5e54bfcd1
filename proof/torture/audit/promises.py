"""Audits what receivers were told, and what was spent of a budget."""

from collections import defaultdict
from collections.abc import Iterator

from proof.torture.audit.findings import Class, Finding
from proof.torture.audit.world import World
from proof.torture.spender import ALLOWANCE_USD, BUDGET_USD, USER
from schema.statuses import FINAL


def untold(world: World) -> Iterator[Finding]:
    """Each end of a generation with a webhook was heard at least once, or is still to be sent again."""
    heard = {(one.generation_id, one.version): one.status for one in world.book.heard}
    for row in world.rows:
        for entry in row.timeline if row.told else ():
            event = row.id, entry["v"]
            if entry["status"] in FINAL and event not in heard and event not in world.pending:
                yield Finding(Class.UNTOLD, row.id, f"nobody was told that it was {entry['status']}", row.timeline)
            elif entry["status"] in FINAL and heard.get(event, entry["status"]) != entry["status"]:
                yield Finding(Class.UNTOLD, row.id, f"{heard[event]} was told for {entry['status']}", row.timeline)


def told_as_another(world: World) -> Iterator[Finding]:
    """However often an event comes, it has one id, and no id is another event's."""
    ids: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    events: defaultdict[str, set[tuple[str, int]]] = defaultdict(set)
    for one in world.book.heard:
        ids[one.generation_id, one.version].add(one.message)
        events[one.message].add((one.generation_id, one.version))
    for (generation_id, version), messages in ids.items():
        if len(messages) > 1:
            yield Finding(Class.UNTOLD, generation_id, f"version {version} came as {', '.join(sorted(messages))}")
    for message, told in events.items():
        if len(told) > 1:
            yield Finding(Class.UNTOLD, message, f"is the id of {len(told)} events")
    for forged in world.book.forged:
        yield Finding(Class.UNTOLD, "signature", forged)


def overspent(world: World) -> Iterator[Finding]:
    """The spender was stopped by the budget, and near it."""
    theirs = [row for row in world.rows if row.user_id == USER]
    spent = sum(row.cost for row in theirs)
    if spent > BUDGET_USD + ALLOWANCE_USD:
        yield Finding(Class.OVERSPENT, USER, f"spent ${spent:.3f} of a budget of ${BUDGET_USD:.2f}")
