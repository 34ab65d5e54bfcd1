"""`python -m proof.stack`: the whole stack in a process of its own, to be measured or tortured from outside.

Runs what the environment says, with as many workers and web processes as are asked for. Prints one JSON line once it
is ready. Ends on SIGTERM.
"""

import argparse
import asyncio
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import orjson

from pipeline.embedded.ports import LOOPBACK, any_free_port
from pipeline.embedded.procfile import Procfile, read_procfile
from pipeline.embedded.readiness import web_ready
from pipeline.embedded.stack import Stack
from pipeline.embedded.voice import Voice
from pipeline.errors import DarkroomError
from pipeline.settings import Settings

READY_SECONDS = 120.0


async def run(workers: int, gateways: int) -> int:
    """Run the stack until SIGTERM (exit code 0), or until it cannot go on (1)."""
    settings = Settings()
    ports = _ports(settings.port, gateways)
    stack = Stack(settings, procfile=procfile(workers, ports), voice=Voice(sys.stderr))
    work = asyncio.create_task(_keep(stack, ports))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        return 0
    except DarkroomError as reason:
        sys.stderr.write(f"{reason}\n")
    finally:
        await stack.stop()
    return 1


def numbered(name: str, count: int) -> list[str]:
    """The names of `count` processes of one kind: worker, worker2, worker3."""
    return [name, *(f"{name}{number}" for number in range(2, count + 1))][:count]


def procfile(workers: int, ports: list[int]) -> Procfile:
    """The checkout's own, with so many workers, and a web process for each of `ports`; the first is the setting's.

    Without workers there is neither a clock nor a painter: nothing moves but what its proof moves.
    """
    own = read_procfile()
    web, *others = numbered("web", len(ports))
    # The last PORT counts: env becomes the program, so its pid is web's.
    more_webs = {name: f"env PORT={port} {own.processes[web]}" for name, port in zip(others, ports[1:], strict=True)}
    more_workers = dict.fromkeys(numbered("worker", workers), own.processes["worker"])
    # The processes work where we do, not in the checkout: a `.env` there may name a bucket or a provider that costs.
    processes = {**own.processes, **more_workers} if workers else {web: own.processes[web]}
    return replace(own, folder=Path.cwd(), processes={**processes, **more_webs})


def _ports(first: int, count: int) -> list[int]:
    ports = [first]
    while len(ports) < count:
        # The painter takes the port after web's.
        ports.append(any_free_port(*ports, first + 1))
    return ports


async def _keep(stack: Stack, ports: list[int]) -> NoReturn:
    await stack.start()
    for port in ports[1:]:
        await web_ready(LOOPBACK, port, READY_SECONDS)
    where = {
        "url": stack.url,
        # The owner's: proofs write and end by hand what no process of Darkroom may.
        "database_url": stack.env.get("MIGRATION_DATABASE_URL", stack.env["DATABASE_URL"]),
        "redis_url": stack.env["REDIS_URL"],
        "painter_url": stack.env.get("REPLICATE_API_URL", ""),
        "gateways": [stack.url, *(f"http://{LOOPBACK}:{port}" for port in ports[1:])],
    }
    sys.stdout.buffer.write(orjson.dumps(where) + b"\n")
    sys.stdout.buffer.flush()
    await stack.failure()


def main() -> NoReturn:
    """Read the two numbers, and run."""
    asked = argparse.ArgumentParser(prog="python -m proof.stack", description="The whole stack, until SIGTERM.")
    asked.add_argument("--workers", type=int, default=1, help="how many: worker, worker2, …; 0: web alone")
    asked.add_argument("--gateways", type=int, default=1, help="how many web processes: web, web2, …")
    given = asked.parse_args()
    sys.exit(asyncio.run(run(given.workers, given.gateways)))


if __name__ == "__main__":
    main()
