"""The benches by their names: what each starts, and how much it does."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from proof.bench.claims.claims import ClaimsSize, measure_claims
from proof.bench.darkroom import running_darkroom
from proof.bench.failure import BenchFailed
from proof.bench.flight import measure_flight
from proof.bench.idle import measure_idle
from proof.bench.machine import Machine, look_at
from proof.bench.progress import progress
from proof.bench.sockets.commits import CommitsSize, measure_commits
from proof.bench.sockets.fan_out import measure_fan_out
from proof.bench.sockets.push import PushSize, measure_push
from proof.bench.sockets.rig import Rig, rigged
from proof.bench.sockets.scale import ScaleSize, measure_scale
from proof.bench.sockets.weight import measure_weight
from proof.bench.throughput import Size, measure_throughput
from proof.hosting import Hosted, hosted

IDLE_COUNT = 1_000
IDLE_PROVIDER = "0.05-0.15"
INSTANT_PROVIDER = "0"
THROUGHPUT_COUNT = 3_000
FLIGHT_COUNT = 10_000
FINISHED_COUNT = 1_000_000
SLOW_PROVIDER = "30"
"""The providers are PAINTER_SECONDS."""
PUSH_PER_SECOND = 500
PUSH_SECONDS = 20.0
COMMITS_SECONDS = 3.0
SCALE_PER_SECOND = 100
"""What few sockets are comfortable with; transitions."""
SCALE_SECONDS = 10.0


class Bench(StrEnum):
    """What can be measured by itself."""

    IDLE = "idle"
    THROUGHPUT = "throughput"
    FLIGHT = "flight"
    PUSH = "push"
    COMMITS = "commits"
    SOCKETS = "sockets"
    FAN_OUT = "fan-out"
    SCALE = "scale"
    CLAIMS = "claims"


@dataclass(frozen=True, kw_only=True)
class Options:
    """How much to do. None: each bench's own measure."""

    count: int | None
    rounds: int
    clients: int
    sockets: int
    seconds: float | None


Done = Callable[[str, int], None]
Measured = tuple[Machine, Any]


def _idle(options: Options) -> Measured:
    singles = options.count or IDLE_COUNT
    with progress(Bench.IDLE, singles) as done, running_darkroom(IDLE_PROVIDER) as darkroom:
        return _machine(darkroom), measure_idle(darkroom, singles, done)


def _throughput(options: Options) -> Measured:
    size = Size(options.count or THROUGHPUT_COUNT, options.rounds, options.clients)
    with progress(Bench.THROUGHPUT, size.count) as done, running_darkroom(INSTANT_PROVIDER) as darkroom:
        return _machine(darkroom), measure_throughput(darkroom, size, done)


def _flight(options: Options) -> Measured:
    waiting = options.count or FLIGHT_COUNT
    cap = {"MAX_PARALLEL_JOBS": str(waiting)}
    with progress(Bench.FLIGHT, waiting) as done, running_darkroom(SLOW_PROVIDER, **cap) as darkroom:
        return _machine(darkroom), measure_flight(darkroom, waiting, done)


def _push(options: Options) -> Measured:
    size = PushSize(PUSH_PER_SECOND, options.seconds or PUSH_SECONDS)
    with _at_the_gateway(Bench.PUSH, int(size.seconds * size.per_second)) as (rig, done):
        return _machine(rig.darkroom), measure_push(rig, size, done)


def _commits(options: Options) -> Measured:
    size = CommitsSize(options.rounds, options.seconds or COMMITS_SECONDS)
    with _at_the_gateway(Bench.COMMITS, size.rounds) as (rig, done):
        return _machine(rig.darkroom), measure_commits(rig, size, done)


def _sockets(options: Options) -> Measured:
    with _at_the_gateway(Bench.SOCKETS, options.sockets, options.sockets) as (rig, done):
        return _machine(rig.darkroom), measure_weight(rig, options.sockets, done)


def _fan_out(options: Options) -> Measured:
    with _at_the_gateway(Bench.FAN_OUT, options.sockets, options.sockets) as (rig, done):
        return _machine(rig.darkroom), measure_fan_out(rig, options.sockets, done)


def _scale(options: Options) -> Measured:
    size = ScaleSize(options.sockets, SCALE_PER_SECOND, options.seconds or SCALE_SECONDS)
    with _at_the_gateway(Bench.SCALE, options.sockets, options.sockets) as (rig, done):
        return _machine(rig.darkroom), measure_scale(rig, size, done)


def _claims(options: Options) -> Measured:
    size = ClaimsSize(options.count or FINISHED_COUNT)
    server = hosted(workers=0, failure=BenchFailed, prefix="darkroom-bench-")
    with progress(Bench.CLAIMS, size.claims) as done, server as darkroom:
        return _machine(darkroom), measure_claims(darkroom.database_url, darkroom.home, size, done)


@contextmanager
def _at_the_gateway(bench: Bench, total: int, sockets: int = 0) -> Iterator[tuple[Rig, Done]]:
    with progress(bench, total) as done, rigged(sockets) as rig:
        yield rig, done


def _machine(darkroom: Hosted) -> Machine:
    return asyncio.run(look_at(darkroom.database_url))


BENCHES: Mapping[Bench, Callable[[Options], Measured]] = {
    Bench.IDLE: _idle,
    Bench.THROUGHPUT: _throughput,
    Bench.FLIGHT: _flight,
    Bench.PUSH: _push,
    Bench.COMMITS: _commits,
    Bench.SOCKETS: _sockets,
    Bench.FAN_OUT: _fan_out,
    Bench.SCALE: _scale,
    Bench.CLAIMS: _claims,
}
"""Each gives the machine, and what stands in Results under its name. Raises BenchFailed."""
