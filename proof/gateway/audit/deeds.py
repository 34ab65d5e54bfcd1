"""Audits the proof itself: whether as much was done as was asked for; and whether a listener that was back looked."""

from collections.abc import Iterator
from typing import NamedTuple

from proof.gateway.audit.findings import Class, Finding
from proof.gateway.audit.world import World
from proof.gateway.book import Probe
from proof.gateway.clients.record import Record
from proof.gateway.faults.restarts import HOW
from proof.gateway.options import Options

LEAST_HEARD = 0.95
"""Share of all transitions that some client must have heard."""
LATE = 0.25
"""Share of the probes in which a return's look may be overtaken."""


def audit_probes(world: World) -> Iterator[Finding]:
    """What was committed unnoticed before a listener came back was heard before what was noticed well after.

    The look that a return asks for reads all that moved lately, so on a busy machine a fresh notice can overtake it
    now and then. Without that look most notices do.
    """
    judged = list(_judged(world))
    late = [one for one in judged if one.unnoticed_at is None or one.unnoticed_at > one.noticed_at]
    if len(late) > len(judged) * LATE:
        first = late[0]
        says = (
            f"{len(late)} of {len(judged)} times what was noticed after a listener was back came first; the first time "
            f"version {first.probe.noticed[1]} of {first.probe.noticed[0]} came before "
            f"version {first.probe.unnoticed[1]} of {first.probe.unnoticed[0]}"
        )
        yield Finding(Class.UNSYNCED, f"client {first.client}", says, [one._asdict() for one in late])


class Judged(NamedTuple):
    """A probe as a witness saw it who kept the connection."""

    client: int
    connection: int
    probe: Probe
    unnoticed_at: int | None
    """As which frame of the connection it came."""
    noticed_at: int


def _judged(world: World) -> Iterator[Judged]:
    records = {record.number: record for record in world.records}
    for probe in world.book.probes:
        for number, connection in probe.witnesses:
            noticed_at = _place(records[number], connection, probe.noticed)
            if noticed_at is not None:
                unnoticed_at = _place(records[number], connection, probe.unnoticed)
                yield Judged(number, connection, probe, unnoticed_at, noticed_at)


def _place(record: Record, connection: int, wanted: tuple[str, int]) -> int | None:
    """As which frame a version came on the generation's own topic over this connection."""
    generation_id, version = wanted
    topic = f"generation:{generation_id}"
    for subscription in record.subscriptions:
        if (subscription.connection, subscription.topic) == (connection, topic):
            for heard in subscription.heard:
                if heard.version == version:
                    return heard.place
    return None


def audit_deeds(world: World, options: Options) -> Iterator[Finding]:
    """Too few transitions, disconnects, kills, restarts, probes; or clients who heard too little of it all."""
    done = world.book.done
    disconnects = sum(record.dropped.total() for record in world.records)
    transitions = sum(row.version for row in world.rows.values())
    heard = {(one.id, one.version) for _, subscription in world.subscriptions for one in subscription.heard}
    judged = sum(1 for _ in _judged(world))
    asked = {
        "transitions": (transitions, options.transitions),
        "forced disconnects": (disconnects, options.disconnects),
        "listeners ended": (done["listeners ended"], options.kills),
        "restarts": (sum(done[how] for how in HOW), options.restarts),
        # Not all: somebody whose clients all begin anew at once is told of what has ended meanwhile by nobody.
        "transitions heard": (len(heard), int(transitions * LEAST_HEARD)),
        "probes of a listener's return": (judged, bool(world.book.probes)),
    }
    for name, (count, least) in asked.items():
        if count < least:
            yield Finding(Class.LITTLE, name, f"{count} of {least}")


def audit_doors(world: World) -> Iterator[Finding]:
    """What doors answered that they may not."""
    for (door, status), example in world.book.wrong.items():
        count = world.book.answers[door, status]
        yield Finding(Class.DOOR, door, f"answered {status}, {count} times, as to {example}")
