"""The painter as its own process, for what only a process can show: being killed, ports, signals."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).parents[4]
LISTENING = re.compile(r"painter listening on (http://\S+),")


class PainterProcess:
    """A started process and the origin it listens at."""

    def __init__(self, process: asyncio.subprocess.Process, origin: str) -> None:
        self.process = process
        self.origin = origin


def environment(home: Path, **settings: str) -> dict[str, str]:
    """This process's environment with these PAINTER_ settings and no others."""
    chosen = {"PORT": "0", "HOME": str(home), "SECONDS": "0.05", "PREPARED": "1", "TOKEN": "a-token"} | settings
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PAINTER_")}
    return kept | {f"PAINTER_{name}": value for name, value in chosen.items()}


@asynccontextmanager
async def painter_process(home: Path, **settings: str) -> AsyncIterator[PainterProcess]:
    """A painter process that listens; killed at the end where it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "pipeline.providers.painter",
        cwd=ROOT,
        env=environment(home, **settings),
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stderr is not None
        async with asyncio.timeout(20):
            while (found := LISTENING.match((await process.stderr.readline()).decode())) is None:
                assert process.returncode is None
        yield PainterProcess(process, found[1])
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
