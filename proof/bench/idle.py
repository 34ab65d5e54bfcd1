"""Idle overhead: what Darkroom adds to the provider's own time when it has nothing else to do."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pipeline.providers.painter.ledger import Sold
from proof.bench.driver.plan import Plan, Seen
from proof.bench.driving import drive
from proof.bench.failure import BenchFailed
from proof.bench.spread import Spread, spread_of
from proof.hosting import Hosted

WARM_UP = 20


@dataclass(frozen=True)
class Idle:
    """What `count` generations one after the other took, in milliseconds."""

    count: int
    warm_up: int
    overhead_ms: Spread
    """From before the POST to the completed frame, less the provider's time from sold to finished."""
    provider_ms: Spread
    stages_ms: dict[str, Spread]


def measure_idle(darkroom: Hosted, count: int, done: Callable[[str, int], None]) -> Idle:
    """Develop `count` generations, one at a time, with one client. `done` hears how many are. Raises BenchFailed."""
    warm_up = min(WARM_UP, count)
    plan = Plan(kind="generations", count=count, warm_up=warm_up, at_once=1, url=darkroom.url, key=darkroom.key)
    outcome = drive(plan, warm=lambda: None, done=lambda number: done("one after the other", number))
    ledger = {one.id: one for one in darkroom.ledger()}
    walks = [_Walk(seen, *_sold(ledger[seen.prediction_id])) for seen in outcome.seen]
    return Idle(
        count=count,
        warm_up=warm_up,
        overhead_ms=spread_of(walk.seen.seconds - walk.provider for walk in walks),
        provider_ms=spread_of(walk.provider for walk in walks),
        stages_ms=_stages(walks),
    )


@dataclass(frozen=True)
class _Walk:
    """One generation, seen from the client, the row and the provider. All clocks are this machine's."""

    seen: Seen
    sold_at: float
    finished_at: float

    @property
    def provider(self) -> float:
        """The provider's own time, in seconds."""
        return self.finished_at - self.sold_at

    def stages(self) -> Iterable[tuple[str, float]]:
        """Name and seconds of each stage. A row's moment is when its statement began."""
        seen = self.seen
        queued, processing, downloading, completed = seen.timeline
        yield "POST → queued", queued - seen.posted_at
        yield "queued → processing", processing - queued
        yield "processing → sold", self.sold_at - processing
        yield "finished → downloading", downloading - self.finished_at
        yield "downloading → completed", completed - downloading
        yield "completed → frame", seen.completed_at - completed
        yield "POST → 202 (beside)", seen.answered_at - seen.posted_at


def _sold(sold: Sold) -> tuple[float, float]:
    if sold.completed_at is None:
        raise BenchFailed(f"the painter's ledger does not know when {sold.id} was finished")
    return sold.created_at, sold.completed_at


def _stages(walks: list[_Walk]) -> dict[str, Spread]:
    times: dict[str, list[float]] = {}
    for walk in walks:
        for name, seconds in walk.stages():
            times.setdefault(name, []).append(seconds)
    return {name: spread_of(seconds) for name, seconds in times.items()}
