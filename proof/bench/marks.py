"""The marks to reach, and whether they were."""

from collections.abc import Iterator
from dataclasses import dataclass

from proof.bench.results import Results


@dataclass(frozen=True)
class Mark:
    """One figure against its mark."""

    name: str
    figure: float
    sense: str
    """`≤` or `≥`."""
    mark: float
    held: bool


def marks_of(results: Results) -> list[Mark]:
    """The marks of what was measured."""
    return [*_of_generations(results), *_of_the_gateway(results), *_of_claims(results)]


def _of_generations(results: Results) -> Iterator[Mark]:
    if (idle := results.idle) is not None:
        yield _at_most("idle overhead, p50, ms", idle.overhead_ms.p50, 25)
        yield _at_most("idle overhead, p99, ms", idle.overhead_ms.p99, 60)
    if (throughput := results.throughput) is not None:
        yield _at_least("generations a second", throughput.generations_per_second, 250)
        yield _at_least("share of the floor", throughput.ratio, 0.2)
        yield _at_most("CPU a generation, all-in, ms", throughput.cpu_ms_all_in, 6)
    if (flight := results.flight) is not None:
        yield _at_most("worker's RSS, all in flight ÷ a tenth", flight.rss_ratio, 1.1)
        yield _at_most("worker's threads, more with all in flight", flight.more_threads, 0)


def _of_the_gateway(results: Results) -> Iterator[Mark]:
    if (push := results.push) is not None:
        yield _at_most("commit → client, p50, ms", push.latency_ms.p50, 5)
        yield _at_most("commit → client, p99, ms", push.latency_ms.p99, 25)
    if (commits := results.commits) is not None:
        yield _at_least("commits a second, pushing ÷ not", commits.ratio, 0.8)
    if (sockets := results.sockets) is not None:
        yield _at_most("RSS a socket ÷ a bare Starlette socket's", sockets.ratio, 1.4)
    if (fan_out := results.fan_out) is not None:
        yield _at_most("one event, last subscriber, ms", fan_out.median_last_ms, 300)
    if (scale := results.scale) is not None:
        yield _at_most("commit → client, many sockets ÷ few, p50", scale.p50_ratio, 2)


def _of_claims(results: Results) -> Iterator[Mark]:
    if (claims := results.claims) is not None:
        yield _at_most("claim beside many rows ÷ in an empty table, p50", claims.full.ratio, 1.3)
        yield _at_most("the same while a snapshot is held, p50", claims.held.ratio, 3)
        yield _at_most("claim past a user's full cap ÷ without, p50", claims.capped.ratio, 1.5)


def _at_most(name: str, figure: float, mark: float) -> Mark:
    return Mark(name, figure, "≤", mark, held=figure <= mark)


def _at_least(name: str, figure: float, mark: float) -> Mark:
    return Mark(name, figure, "≥", mark, held=figure >= mark)
