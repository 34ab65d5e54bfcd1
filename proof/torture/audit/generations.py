"""Audits the rows: everything accepted is there, once, and ended by legal steps."""

from collections.abc import Iterator
from itertools import pairwise

from pipeline.transitions import TRANSITIONS
from proof.torture.audit.findings import Class, Finding
from proof.torture.audit.world import World
from proof.torture.rows import Row
from schema.statuses import FINAL, Status

_LEGAL = {(transition.source, transition.target) for transition in TRANSITIONS}


def accepted_and_gone(world: World) -> Iterator[Finding]:
    """Every 202's id is there at the end; and what nobody took within a minute was refused, which counts as much."""
    for accepted in world.book.accepted:
        if accepted.id not in world.row_of:
            yield Finding(Class.LOST, accepted.id, f"accepted ({accepted.prompt}), and there is no such row")
    for refused in world.book.refused:
        yield Finding(Class.LOST, "submit", f"never accepted: {refused}")


def accepted_twice(world: World) -> Iterator[Finding]:
    """Every submission has a prompt of its own, so two rows with one prompt are one submission, accepted twice."""
    first: dict[str, Row] = {}
    for row in world.rows:
        other = first.setdefault(row.prompt, row)
        if other is not row:
            yield Finding(Class.DUPLICATED, row.id, f"the same submission as {other.id}: {row.prompt}")


def stuck(world: World) -> Iterator[Finding]:
    """Every generation is final, and nothing is left to be done about it."""
    for row in world.rows:
        if Status(row.status) not in FINAL:
            yield Finding(Class.STUCK, row.id, f"still {row.status}, due {row.due_at}", row.timeline)
        elif row.due_at is not None:
            yield Finding(Class.STUCK, row.id, f"{row.status}, and still due {row.due_at}", row.timeline)


def illegal(world: World) -> Iterator[Finding]:
    """Every timeline goes by the table, counts from 1, and ends where the row stands."""
    for row in world.rows:
        path = [None, *(Status(entry["status"]) for entry in row.timeline)]
        wrong = [f"{source} → {target}" for source, target in pairwise(path) if (source, target) not in _LEGAL]
        if wrong:
            yield Finding(Class.ILLEGAL, row.id, ", ".join(wrong), row.timeline)
        if [entry["v"] for entry in row.timeline] != list(range(1, row.version + 1)) or path[-1] != row.status:
            yield Finding(Class.ILLEGAL, row.id, f"{row.status} at version {row.version}", row.timeline)


def unheeded(world: World) -> Iterator[Finding]:
    """A cancel that was answered 200, and a retry that was answered 202, are in the timeline."""
    for generation_id in world.book.cancelled:
        row = world.row_of.get(generation_id)
        if row is not None and not any(entry["status"] == Status.CANCELLED for entry in row.timeline):
            yield Finding(Class.LOST, generation_id, "its cancel was answered 200, and never happened", row.timeline)
    for generation_id, times in world.book.retried.items():
        row = world.row_of.get(generation_id)
        if row is not None and (left := sum(Status(one["status"]) in FINAL for one in row.timeline[:-1])) < times:
            yield Finding(Class.LOST, generation_id, f"{times} retries accepted, {left} happened", row.timeline)


def unseen(world: World) -> Iterator[Finding]:
    """Every follower saw each version once and in order, up to a final one."""
    for generation_id, followed in world.book.followed.items():
        row = world.row_of.get(generation_id)
        if row is None:
            continue
        timeline = [(entry["v"], entry["status"]) for entry in row.timeline]
        if followed.seen != timeline[: len(followed.seen)]:
            yield Finding(Class.UNSEEN, generation_id, f"saw {followed.seen} of {timeline}")
        elif followed.ended:
            yield Finding(Class.UNSEEN, generation_id, f"saw {followed.seen}; {followed.ended}", row.timeline)
