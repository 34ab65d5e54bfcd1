"""What the next claim costs: beside a million finished and a hundred thousand waiting, while a snapshot is held open,
and past a user whose cap is full.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipeline.limits import set_limits
from proof.bench.claims.line import Line, line
from proof.bench.spread import Spread, spread_of

USERS = 1_000
"""Who wait in the full line."""
OTHERS = 100
"""Who wait beside the capped user."""
USER_CAP = 3
MOST_CLAIMS = 600


@dataclass(frozen=True)
class ClaimsSize:
    """How much there is, in proportion to what is `finished`."""

    finished: int

    @property
    def queued(self) -> int:
        """What waits."""
        return self.finished // 10

    @property
    def churned(self) -> int:
        """What is claimed and developed while the snapshot is held, before anything is measured."""
        return self.finished // 50

    @property
    def parked(self) -> int:
        """What of the capped user's waits."""
        return self.finished // 20

    @property
    def claims(self) -> int:
        """How many are measured of each kind, one after the other in turn."""
        return min(MOST_CLAIMS, self.finished // 40)


@dataclass(frozen=True)
class Pair:
    """Claims of two kinds, measured in turn."""

    plain_ms: Spread
    loaded_ms: Spread
    ratio: float
    """Of the medians."""


@dataclass(frozen=True)
class Claims:
    """Each against the plain claim of the same moment."""

    size: ClaimsSize
    full: Pair
    """Finished and waiting rows, against an empty table."""
    held: Pair
    """The same while a snapshot is held open and many have been claimed since."""
    capped: Pair
    """Others' claims beside a user whose cap is full and who has many waiting, against the same without that user."""


def measure_claims(server_url: str, home: Path, size: ClaimsSize, done: Callable[[str, int], None]) -> Claims:
    """Measure all three, in databases made for it on the server of `server_url`. Raises BenchFailed."""
    return asyncio.run(_measure(server_url, home, size, done))


async def _measure(server_url: str, home: Path, size: ClaimsSize, done: Callable[[str, int], None]) -> Claims:
    async with AsyncExitStack() as stack:
        empty, full, without, capped = [
            await stack.enter_async_context(line(server_url, home, name))
            for name in ("empty", "full", "without", "capped")
        ]
        done("filling", 0)
        await full.finished(size.finished)
        await full.queue(size.queued, USERS)
        await full.settle()
        beside = await _pair(size.claims, _lonely(empty), full.served, partial(done, "beside many"))
        async with full.snapshot_held():
            done("while a snapshot is held", 0)
            await full.churn(size.churned)
            held = await _pair(size.claims, _lonely(empty), full.served, partial(done, "while a snapshot is held"))
        await _cap(capped, size.parked)
        for one in (without, capped):
            await one.queue(size.claims + OTHERS, OTHERS)
            await one.settle()
        past = await _pair(size.claims, without.served, capped.served, partial(done, "past a full cap"))
    return Claims(size, beside, held, past)


def _lonely(empty: Line) -> Callable[[], Awaitable[float]]:
    """Claims of a row that stands in line alone, in a table with hardly anything in it."""

    async def claim() -> float:
        await empty.queue(1, 1)
        return await empty.served()

    return claim


async def _cap(capped: Line, parked: int) -> None:
    """Give one user a cap, fill it, and let very many more of theirs wait."""
    await set_limits(capped.engine, "busy-0", in_flight=USER_CAP, per_minute=None, budget_usd=None, period="month")
    await capped.queue(parked, 1, "busy-")
    await capped.claim(USER_CAP)


async def _pair(
    claims: int,
    plain: Callable[[], Awaitable[float]],
    loaded: Callable[[], Awaitable[float]],
    done: Callable[[int], None],
) -> Pair:
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(1, claims + 1):
        times[0].append(await plain())
        times[1].append(await loaded())
        done(number)
    spreads = spread_of(times[0]), spread_of(times[1])
    return Pair(*spreads, spreads[1].p50 / spreads[0].p50)
