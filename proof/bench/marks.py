"""The marks to reach, and whether they were."""

from collections.abc import Iterator
from dataclasses import dataclass

from proof.bench.flight import Flight
from proof.bench.idle import Idle
from proof.bench.throughput import Throughput


@dataclass(frozen=True)
class Mark:
    """One figure against its mark."""

    name: str
    figure: float
    sense: str
    """`≤` or `≥`."""
    mark: float
    held: bool


def marks_of(idle: Idle | None, throughput: Throughput | None, flight: Flight | None) -> list[Mark]:
    """The marks of what was measured."""
    return [*_of_idle(idle), *_of_throughput(throughput), *_of_flight(flight)]


def _of_idle(idle: Idle | None) -> Iterator[Mark]:
    if idle is not None:
        yield _at_most("idle overhead, p50, ms", idle.overhead_ms.p50, 25)
        yield _at_most("idle overhead, p99, ms", idle.overhead_ms.p99, 60)


def _of_throughput(throughput: Throughput | None) -> Iterator[Mark]:
    if throughput is not None:
        yield _at_least("generations a second", throughput.generations_per_second, 250)
        yield _at_least("share of the floor", throughput.ratio, 0.2)
        yield _at_most("CPU a generation, all-in, ms", throughput.cpu_ms_all_in, 6)


def _of_flight(flight: Flight | None) -> Iterator[Mark]:
    if flight is not None:
        yield _at_most("worker's RSS, all in flight ÷ a tenth", flight.rss_ratio, 1.1)
        yield _at_most("worker's threads, more with all in flight", flight.more_threads, 0)


def _at_most(name: str, figure: float, mark: float) -> Mark:
    return Mark(name, figure, "≤", mark, held=figure <= mark)


def _at_least(name: str, figure: float, mark: float) -> Mark:
    return Mark(name, figure, "≥", mark, held=figure >= mark)
