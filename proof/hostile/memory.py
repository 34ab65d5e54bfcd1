"""How much memory the stack's processes hold, watched while a run goes on."""

import asyncio
from collections import defaultdict
from contextlib import suppress
from typing import NoReturn

import psutil

from proof.hosting import Hosted

EVERY_SECONDS = 0.25
WATCHED = ("web", "worker", "clock")


class Memory:
    """The largest resident sizes seen, in MB: of each process with its children."""

    def __init__(self, darkroom: Hosted) -> None:
        self._darkroom = darkroom
        self.largest_mb: dict[str, float] = defaultdict(float)

    async def watch(self) -> NoReturn:
        """Look again and again."""
        while True:
            for name in WATCHED:
                if (pid := self._darkroom.pid_of(name)) is not None:
                    held = await asyncio.to_thread(_resident_mb, pid)
                    self.largest_mb[name] = max(self.largest_mb[name], held)
            await asyncio.sleep(EVERY_SECONDS)


def _resident_mb(pid: int) -> float:
    held = 0
    # Whoever ends while we look holds nothing.
    with suppress(psutil.NoSuchProcess):
        family = psutil.Process(pid)
        for one in (family, *family.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                held += one.memory_info().rss
    return held / 2**20
