"""`python -m … HOME PORT PROCFILE`: a supervisor in a process of its own, to be killed."""

import asyncio
import sys
from pathlib import Path

from pipeline.embedded.procfile import read_procfile
from pipeline.embedded.stack import Stack
from pipeline.settings import Settings


async def main(home: str, port: str, lines: str) -> None:
    stack = Stack(
        Settings(home=Path(home), port=int(port), database_url=None, redis_url=None),
        procfile=read_procfile(Path(lines)),
    )
    await stack.start()
    sys.stdout.write("READY\n")
    sys.stdout.flush()
    await stack.failure()


asyncio.run(main(*sys.argv[1:]))
