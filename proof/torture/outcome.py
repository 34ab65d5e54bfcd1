"""What a torture brought: the document for programs."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson

from proof.torture.audit.findings import Finding
from proof.torture.audit.world import World, seller_of
from proof.torture.kills.schedule import Counted
from proof.torture.options import Options


@dataclass(frozen=True)
class Times:
    """How long what took, in seconds."""

    load: float
    settling: float
    """From the last submission and kill until nothing moved any more."""
    sweeping: float
    """Until the store held no orphan."""
    all: float


@dataclass(frozen=True)
class Outcome:
    """One torture, ended and audited."""

    options: Options
    times: Times
    generations: dict[str, int]
    """By the status they ended in."""
    why_failed: dict[str, int]
    sales: dict[str, int]
    """By the status the provider ended them with."""
    bought_at: dict[str, int]
    """By the provider."""
    spoiled: dict[str, int]
    """Sold predictions by the fault that was drawn at their sale."""
    possible_double_charges: int
    cancelled: int
    retried: int
    followed: int
    told: int
    """Webhooks that came, as often as they did."""
    answers: dict[str, dict[str, int]]
    """How often each door gave each answer."""
    kills: list[Counted]
    findings: list[Finding]

    def as_json(self) -> bytes:
        """The document for programs; ends with a newline."""
        return orjson.dumps(self, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE, default=str)

    def hits(self, kind: str) -> Counter[str]:
        """How many rows the kills of one kind found in each status."""
        return sum((Counter(kill.hit) for kill in self.kills if kill.kind == kind), Counter())


def outcome_of(
    options: Options, times: Times, world: World, kills: Sequence[Counted], findings: list[Finding]
) -> Outcome:
    """Count everything that the report shows."""
    answers: dict[str, dict[str, int]] = {}
    for (door, answer), count in sorted(world.book.answers.items()):
        answers.setdefault(door, {})[answer] = count
    return Outcome(
        options=options,
        times=times,
        generations=_counted(row.status for row in world.rows),
        why_failed=_counted(row.error_message or "" for row in world.rows if row.status == "failed"),
        sales=_counted(sale.status for sale in world.sold),
        bought_at=_counted(seller_of(sale) for sale in world.sold),
        spoiled=_counted(rule["fault"] for sale in world.sold for rule in sale.faults),
        possible_double_charges=sum(row.possible_double_charge for row in world.rows),
        cancelled=len(world.book.cancelled),
        retried=world.book.retried.total(),
        followed=len(world.book.followed),
        told=len(world.book.heard),
        answers=answers,
        kills=list(kills),
        findings=findings,
    )


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(Counter(values).most_common())
