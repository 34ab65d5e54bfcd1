"""The real command line in a process of its own, and a server for it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.api.client.scripted_door import KEY, ScriptedDoor


class Ended(NamedTuple):
    """How a command ended."""

    code: int | None
    out: str
    err: str


@dataclass
class Darkroom:
    """Runs `darkroom`, in an empty folder and with an environment of its own."""

    folder: Path
    environment: dict[str, str]

    async def start(self, *arguments: str, **streams: Any) -> asyncio.subprocess.Process:
        """Start it; stdout and stderr are pipes unless `streams` says otherwise."""
        pipes = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.PIPE}
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "api.cli", *arguments, cwd=self.folder, env=self.environment, **pipes | streams
        )

    async def __call__(self, *arguments: str) -> Ended:
        """Run it to its end."""
        process = await self.start(*arguments)
        out, err = await process.communicate()
        return Ended(process.returncode, out.decode(), err.decode())

    def without(self, *names: str) -> "Darkroom":
        """The same without these variables."""
        return Darkroom(self.folder, {name: v for name, v in self.environment.items() if name not in names})

    def having(self, **variables: str) -> "Darkroom":
        """The same with these variables."""
        return Darkroom(self.folder, self.environment | variables)


@pytest.fixture
async def door() -> AsyncIterator[ScriptedDoor]:
    """A server of this test's own."""
    async with ScriptedDoor().serving() as door:
        yield door


@pytest.fixture
def darkroom(door: ScriptedDoor, tmp_path: Path) -> Darkroom:
    """The command line, told where the server is and given its key."""
    return Darkroom(
        tmp_path,
        {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "COLUMNS": "100",
            "TERM": "xterm-256color",
            "DARKROOM_HOME": str(tmp_path / "home"),
            "DARKROOM_URL": door.url,
            "DARKROOM_API_KEY": KEY,
        },
    )
