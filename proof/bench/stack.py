"""`python -m proof.bench.stack`: the stack in a process of its own, so that its supervisor's CPU can be counted.

Runs what the environment says, and prints one JSON line once it is ready. Ends on SIGTERM.
"""

import asyncio
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import orjson

from pipeline.embedded.procfile import read_procfile
from pipeline.embedded.stack import Stack
from pipeline.embedded.voice import Voice
from pipeline.errors import DarkroomError
from pipeline.settings import Settings


async def run() -> int:
    """Run the stack until SIGTERM (exit code 0), or until it cannot go on (1)."""
    # The processes work where we do, not in the checkout: a `.env` there may name a bucket or a provider that costs.
    procfile = replace(read_procfile(), folder=Path.cwd())
    stack = Stack(Settings(), procfile=procfile, voice=Voice(sys.stderr))
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


async def _keep(stack: Stack) -> NoReturn:
    await stack.start()
    ready = {"url": stack.url, "database_url": stack.env["DATABASE_URL"]}
    sys.stdout.buffer.write(orjson.dumps(ready) + b"\n")
    sys.stdout.buffer.flush()
    await stack.failure()


if __name__ == "__main__":
    sys.exit(asyncio.run(run()))
