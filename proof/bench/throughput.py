"""Throughput: many generations at once, what CPU they cost, and the floor that the same Postgres sets."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import rmtree
from statistics import median

from proof.bench.cpu import NOT_OURS, Reading, cpu_between, read_cpu
from proof.bench.driver.plan import Plan
from proof.bench.driving import drive
from proof.bench.floor import make_floor
from proof.bench.spread import Spread, spread_of
from proof.hosting import Hosted

WARM_UP = 200
FLOOR_CONNECTIONS = 32
PAUSE_SECONDS = 1.0
"""Between two runs: for webhooks, write-backs and vacuums that the last one left."""


@dataclass(frozen=True)
class Round:
    """One run of Darkroom and one of the floor."""

    generations_per_second: float
    floor_per_second: float
    cpu_ms: dict[str, float]
    """CPU milliseconds a generation, by process."""
    latency_ms: Spread
    """From before the POST to the completed frame, under this load."""

    @property
    def cpu_ms_all_in(self) -> float:
        """CPU milliseconds a generation, of everything but the painter and the driver."""
        return sum(spent for name, spent in self.cpu_ms.items() if name not in NOT_OURS)


@dataclass(frozen=True)
class Throughput:
    """All rounds, and their medians."""

    count: int
    warm_up: int
    clients: int
    rounds: list[Round]
    generations_per_second: float
    floor_per_second: float
    ratio: float
    """Of the two medians."""
    cpu_ms: dict[str, float]
    cpu_ms_all_in: float


@dataclass(frozen=True)
class Size:
    """How much to do: `count` generations a round by `clients` at once."""

    count: int
    rounds: int
    clients: int


def measure_throughput(darkroom: Hosted, size: Size, done: Callable[[str, int], None]) -> Throughput:
    """Measure `darkroom` and the floor in turn. `done` hears of which run how many are done. Raises BenchFailed."""
    floor_url = asyncio.run(make_floor(darkroom.database_url))
    rounds = []
    for number in range(1, size.rounds + 1):
        tell = partial(_tell, done, f"round {number} of {size.rounds}")
        rounds.append(_round(darkroom, floor_url, size, tell))
    rate = median(one.generations_per_second for one in rounds)
    floor_rate = median(one.floor_per_second for one in rounds)
    return Throughput(
        count=size.count,
        warm_up=_warm_up(size),
        clients=size.clients,
        rounds=rounds,
        generations_per_second=rate,
        floor_per_second=floor_rate,
        ratio=rate / floor_rate,
        cpu_ms={name: median(one.cpu_ms[name] for one in rounds) for name in rounds[0].cpu_ms},
        cpu_ms_all_in=median(one.cpu_ms_all_in for one in rounds),
    )


def _tell(done: Callable[[str, int], None], named: str, what: str, count: int) -> None:
    done(f"{named}, {what}", count)


def _warm_up(size: Size) -> int:
    return min(WARM_UP, size.count)


def _round(darkroom: Hosted, floor_url: str, size: Size, done: Callable[[str, int], None]) -> Round:
    before: list[Reading] = []
    outcome = drive(
        Plan(
            kind="generations",
            count=size.count,
            warm_up=_warm_up(size),
            at_once=size.clients,
            url=darkroom.url,
            key=darkroom.key,
        ),
        warm=lambda: before.append(read_cpu(darkroom)),
        done=lambda count: done("darkroom", count),
    )
    spent = cpu_between(before[0], read_cpu(darkroom)) | {"driver": outcome.cpu_seconds}
    _settle(darkroom)
    floors = drive(
        Plan(
            kind="floor",
            count=size.count,
            warm_up=_warm_up(size),
            at_once=FLOOR_CONNECTIONS,
            database_url=floor_url,
        ),
        warm=lambda: None,
        done=lambda count: done("floor", count),
    )
    _settle(darkroom)
    return Round(
        generations_per_second=size.count / outcome.seconds,
        floor_per_second=size.count / floors.seconds,
        cpu_ms={name: 1000 * seconds / size.count for name, seconds in spent.items()},
        latency_ms=spread_of(seen.seconds for seen in outcome.seen),
    )


def _settle(darkroom: Hosted) -> None:
    _remove_pictures(darkroom.home / "pictures")
    time.sleep(PAUSE_SECONDS)


def _remove_pictures(root: Path) -> None:
    """200 kB each would fill the disk, and their writing back disturb what follows."""
    for folder in root.iterdir():
        if not folder.name.startswith("."):
            rmtree(folder)
