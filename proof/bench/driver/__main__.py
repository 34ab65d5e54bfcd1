"""`python -m proof.bench.driver`: does a plan. JSON lines, both ways.

in    the plan, then an empty line when the measured part may begin
out   {"ready": true}, then {"done": n} now and then, then {"outcome": {…}}; {"error": …} and exit code 1 if it fails
"""

import asyncio
import sys
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import asyncpg
import orjson
import uvloop

from proof.bench.driver.crowd import crowd
from proof.bench.driver.plan import Outcome, Plan
from proof.bench.failure import BenchFailed
from proof.bench.floor import floor

SPEAK_SECONDS = 0.5
WORKS = {"generations": crowd, "floor": floor}


async def drive(plan: Plan) -> Outcome:
    """Warm up, wait for the word, then do what counts."""
    async with WORKS[plan.kind](plan) as run:
        await run(plan.warm_up, lambda: None)
        _say({"ready": True})
        await asyncio.to_thread(sys.stdin.readline)
        begun, cpu = time.perf_counter(), time.process_time()
        seen = await run(plan.count, _teller())
        return Outcome(seconds=time.perf_counter() - begun, cpu_seconds=time.process_time() - cpu, seen=seen)


def _teller() -> Callable[[], None]:
    """Counts calls, and now and then says how many there were."""
    count, spoken = 0, time.monotonic()

    def done() -> None:
        nonlocal count, spoken
        count += 1
        if time.monotonic() - spoken >= SPEAK_SECONDS:
            spoken = time.monotonic()
            _say({"done": count})

    return done


def _say(what: dict[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(what) + b"\n")
    sys.stdout.buffer.flush()


def main() -> int:
    """Do the plan on standard input; the exit code."""
    plan = Plan(**orjson.loads(sys.stdin.readline()))
    try:
        outcome = uvloop.run(drive(plan))
    except (BenchFailed, TimeoutError, OSError, aiohttp.ClientError, asyncpg.PostgresError) as error:
        _say({"error": f"{type(error).__name__}: {error}"})
        return 1
    _say({"outcome": outcome})
    return 0


if __name__ == "__main__":
    sys.exit(main())
