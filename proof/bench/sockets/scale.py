"""Scale: what a push takes with very many sockets open and generations under way, against few."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from proof.bench.sockets.deliveries import delays
from proof.bench.sockets.rig import Rig
from proof.bench.spread import Spread, spread_of

TRANSITIONS = 3
"""Of each generation, once it is queued."""
SMALLER = 100
"""So many times fewer sockets have the few."""
FOLLOWERS = 10
"""Of each generation, when they are many; few have a generation each."""
WAVES = 3
"""How often the few are measured, both before and after the many."""


@dataclass(frozen=True)
class ScaleSize:
    """How many sockets, and how many transitions a second for how long."""

    sockets: int
    per_second: float
    seconds: float

    @property
    def waiting(self) -> int:
        """Generations that the many follow."""
        return self.sockets // FOLLOWERS

    @property
    def moving(self) -> int:
        """How many of those move in that time; the others only wait."""
        return min(self.waiting, math.ceil(self.seconds * self.per_second / TRANSITIONS))

    @property
    def few(self) -> int:
        """Sockets of the smaller crowd."""
        return self.sockets // SMALLER


@dataclass(frozen=True)
class Pushed:
    """One crowd's run."""

    sockets: int
    generations: int
    """Under way at a time."""
    transitions: int
    deliveries: int
    latency_ms: Spread


@dataclass(frozen=True)
class Scale:
    """Both crowds, at the same rate of transitions."""

    per_second: float
    few: Pushed
    many: Pushed
    p50_ratio: float
    p99_ratio: float


def measure_scale(rig: Rig, size: ScaleSize, done: Callable[[str, int], None]) -> Scale:
    """Measure few, many, and few again, so that a machine that gets slower is not taken for the many's fault."""
    key = rig.writer.call("enrol", users=1)
    few: list[list[float]] = []
    done("few sockets", size.few)
    rig.open(key, size.few)
    _wave(rig, size, size.few, size.few, size.few)  # to warm up
    for _ in range(WAVES):
        few += _wave(rig, size, size.few, size.few, size.few)
    done("opening sockets", size.few)
    rig.open(key, size.sockets - size.few)
    done("many sockets", size.sockets)
    many = _wave(rig, size, size.sockets, size.waiting, size.moving)
    rig.audience.call("leave", keep=size.few)
    done("few sockets", size.few)
    for _ in range(WAVES):
        few += _wave(rig, size, size.few, size.few, size.few)
    return _scale(size, _pushed(size.few, size.few, few), _pushed(size.sockets, size.waiting, many))


def _scale(size: ScaleSize, few: Pushed, many: Pushed) -> Scale:
    return Scale(
        per_second=size.per_second,
        few=few,
        many=many,
        p50_ratio=many.latency_ms.p50 / few.latency_ms.p50,
        p99_ratio=many.latency_ms.p99 / few.latency_ms.p99,
    )


def _pushed(sockets: int, generations: int, heard: list[list[float]]) -> Pushed:
    spread = spread_of(delay for delays_ in heard for delay in delays_)
    return Pushed(sockets, generations, len(heard), sum(map(len, heard)), spread)


def _wave(rig: Rig, size: ScaleSize, sockets: int, generations: int, counted: int) -> list[list[float]]:
    """Have `sockets` follow new generations; the delays of the first `counted`, which then end with all others."""
    followers = sockets // generations
    ids = rig.writer.call("submit", count=generations, users=1)
    topics = [(number, f"generation:{ids[number % generations]}") for number in range(followers * generations)]
    rig.audience.call("follow", topics=topics, replayed=1)
    heard = _run(rig, counted, size.per_second, followers)
    if counted < generations:
        # At no pace, and not counted: whoever comes next must not have to follow these.
        _run(rig, generations - counted, 5 * size.per_second, followers)
    rig.audience.call("unfollow", topics=topics)
    return heard


def _run(rig: Rig, generations: int, per_second: float, followers: int) -> list[list[float]]:
    moved = rig.writer.call("pace", count=generations, transitions_per_second=per_second)
    heard = rig.audience.call("gather", count=followers * len(moved))
    return delays(moved, heard, followers=lambda _: followers)
