"""In flight: what a worker weighs while very many predictions run at a slow provider. A wait must cost it nothing."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import aiohttp
import orjson
import psutil

from proof.bench.failure import BenchFailed
from proof.hosting import Hosted

PATIENCE_SECONDS = 180.0
LOOK_SECONDS = 0.5
LANE = "replicate"
"""Where the default model is bought first."""
CLIENTS = 32


@dataclass(frozen=True)
class Weight:
    """What the worker's processes took together at one moment."""

    in_flight: int
    rss_mb: float
    threads: int


@dataclass(frozen=True)
class Flight:
    """The worker with a tenth in flight, and with all."""

    count: int
    few: Weight
    many: Weight
    rss_ratio: float
    """How much heavier it was with ten times as many."""
    more_threads: int


def measure_flight(darkroom: Hosted, count: int, done: Callable[[str, int], None]) -> Flight:
    """Submit `count` generations to a provider slower than that takes; weigh the worker. Raises BenchFailed."""
    try:
        return asyncio.run(_measure(darkroom, count, done))
    except TimeoutError:
        raise BenchFailed(f"{count:,} were not in flight together within {PATIENCE_SECONDS:.0f} s") from None


async def _measure(darkroom: Hosted, count: int, done: Callable[[str, int], None]) -> Flight:
    headers = {"Authorization": f"Bearer {darkroom.key}", "Content-Type": "application/json"}
    numbers = iter(range(count))
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        aiohttp.ClientSession(darkroom.url, headers=headers) as session,
        asyncio.TaskGroup() as group,
    ):
        for _ in range(min(CLIENTS, count)):
            group.create_task(_submit(session, numbers))
        few = await _weigh(darkroom, session, max(1, count // 10), done)
        many = await _weigh(darkroom, session, count, done)
    return Flight(count, few, many, many.rss_mb / few.rss_mb, many.threads - few.threads)


async def _submit(session: aiohttp.ClientSession, numbers: Iterator[int]) -> None:
    for number in numbers:
        body = orjson.dumps({"prompt": f"a lighthouse, plate {number}", "width": 256, "height": 256})
        async with session.post("/v1/generations", data=body) as answer:
            if answer.status != 202:
                raise BenchFailed(f"POST was answered {answer.status}: {(await answer.read())[:500]!r}")


async def _weigh(darkroom: Hosted, session: aiohttp.ClientSession, at: int, done: Callable[[str, int], None]) -> Weight:
    """Wait until `at` predictions are in flight, then look at the worker's processes."""
    while True:
        async with session.get("/v1/queue") as answer:
            lanes = (await answer.json())["lanes"]
        (lane,) = (lane for lane in lanes if lane["lane"] == LANE)
        done("in flight", lane["in_flight"])
        if lane["in_flight"] >= at:
            worker = psutil.Process(darkroom.pids()["worker"])
            processes = [worker, *worker.children(recursive=True)]
            rss = sum(process.memory_info().rss for process in processes) / 2**20
            return Weight(lane["in_flight"], rss, sum(process.num_threads() for process in processes))
        await asyncio.sleep(LOOK_SECONDS)
