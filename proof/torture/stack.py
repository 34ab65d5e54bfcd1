"""`python -m proof.torture.stack`: the stack to torture, in a process of its own that nobody kills.

Runs what the environment says, with two workers: when one is frozen, the other takes its rows over. Prints one JSON
line once it is ready. Ends on SIGTERM.
"""

import asyncio
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import orjson

from pipeline.embedded.procfile import Procfile, read_procfile
from pipeline.embedded.stack import Stack
from pipeline.embedded.voice import Voice
from pipeline.errors import DarkroomError
from pipeline.settings import Settings

WORKERS = ("worker", "worker2")


async def run() -> int:
    """Run the stack until SIGTERM (exit code 0), or until it cannot go on (1)."""
    stack = Stack(Settings(), procfile=procfile(), voice=Voice(sys.stderr))
    work = asyncio.create_task(_keep(stack))
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


def procfile() -> Procfile:
    """The checkout's own, with a second worker."""
    own = read_procfile()
    workers = dict.fromkeys(WORKERS, own.processes["worker"])
    # The processes work where we do, not in the checkout: a `.env` there may name a bucket or a provider that costs.
    return replace(own, folder=Path.cwd(), processes={**own.processes, **workers})


async def _keep(stack: Stack) -> NoReturn:
    await stack.start()
    where = {
        "url": stack.url,
        "database_url": stack.env["DATABASE_URL"],
        "redis_url": stack.env["REDIS_URL"],
        "painter_url": stack.env["REPLICATE_API_URL"],
    }
    sys.stdout.buffer.write(orjson.dumps(where) + b"\n")
    sys.stdout.buffer.flush()
    await stack.failure()


if __name__ == "__main__":
    sys.exit(asyncio.run(run()))
