"""What a proof brought: the document for programs."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson

from proof.gateway.audit.findings import Class, Finding
from proof.gateway.audit.world import World
from proof.gateway.options import Options


@dataclass(frozen=True)
class Times:
    """How long what took, in seconds."""

    load: float
    """From the first submission until load, disconnects and faults were over."""
    ending: float
    """Until nothing moved any more, and the last frames had come."""
    audit: float
    all: float


@dataclass(frozen=True)
class Outcome:
    """One proof, ended and audited."""

    options: Options
    times: Times
    generations: int
    transitions: int
    frames: int
    """Transition frames that were heard."""
    transitions_heard: int
    """Different ones."""
    connections: int
    subscriptions: dict[str, int]
    """How many resumed, began anew, were refused, or were cut off before an answer."""
    disconnects: dict[str, int]
    """By the way they were done."""
    endings: dict[str, int]
    """Why connections ended, forced or not."""
    done: dict[str, int]
    """What was done to listeners, gateways and rows."""
    answers: dict[str, dict[str, int]]
    """How often each door gave each answer."""
    found: dict[str, int]
    """How many findings of each class."""
    findings: list[Finding]

    def as_json(self) -> bytes:
        """The document for programs; ends with a newline."""
        return orjson.dumps(self, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE, default=str)


def outcome_of(options: Options, times: Times, world: World, findings: Sequence[Finding]) -> Outcome:
    """Count everything that the report shows."""
    subscriptions = [one for _, one in world.subscriptions]
    answers: dict[str, dict[str, int]] = {}
    for (door, answer), count in sorted(world.book.answers.items()):
        answers.setdefault(door, {})[answer] = count
    found = Counter(finding.cls for finding in findings)
    return Outcome(
        options=options,
        times=times,
        generations=len(world.rows),
        transitions=sum(row.version for row in world.rows.values()),
        frames=sum(len(one.heard) for one in subscriptions),
        transitions_heard=len({(heard.id, heard.version) for one in subscriptions for heard in one.heard}),
        connections=sum(record.connections for record in world.records),
        subscriptions={
            "resumed": sum(one.resumed for one in subscriptions),
            "anew": sum(one.confirmed_at is not None and not one.resumed for one in subscriptions),
            "refused": sum(one.refused is not None for one in subscriptions),
            "cut off": sum(one.confirmed_at is None and one.refused is None for one in subscriptions),
        },
        disconnects=_sum(record.dropped for record in world.records),
        endings=_sum(record.endings for record in world.records),
        done=dict(world.book.done),
        answers=answers,
        found={str(cls): found[cls] for cls in Class},
        findings=list(findings),
    )


def _sum(counters: Iterable[Counter[str]]) -> dict[str, int]:
    return dict(sum(counters, Counter()).most_common())
