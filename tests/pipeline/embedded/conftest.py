"""Homes, ports, and stand-ins for the Procfile's processes: small, but real Python processes."""

import asyncio
import io
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipeline.embedded.ports import any_free_port
from pipeline.embedded.procfile import Procfile, read_procfile
from pipeline.embedded.program import Program
from pipeline.embedded.stack import Stack
from pipeline.embedded.supervisor import Supervisor
from pipeline.embedded.voice import Voice
from pipeline.settings import Settings
from pipeline.settings.painter import PainterSettings

STAND_INS = Path(__file__).parent / "stand_ins"
PROCFILE = f"""\
release: python {STAND_INS}/say.py migrating
web: python {STAND_INS}/web.py
worker: python {STAND_INS}/wait.py
"""


class Heard(io.StringIO):
    """What a supervisor wrote."""

    def __init__(self) -> None:
        super().__init__()
        self._more = asyncio.Event()

    def write(self, text: str) -> int:
        self._more.set()
        return super().write(text)

    async def until(self, text: str) -> str:
        """Wait until it has written `text`, for 10 seconds at most; everything it has written then."""
        async with asyncio.timeout(10):
            while text not in self.getvalue():
                self._more.clear()
                await self._more.wait()
        return self.getvalue()


@pytest.fixture
def heard() -> Heard:
    return Heard()


def all_gone(processes: Iterable[psutil.Process], within: float = 5.0) -> bool:
    """Whether all of them end within so many seconds.

    Not psutil's wait_procs: it collects our own children's exit codes, which asyncio is waiting for, and it counts
    zombies as running for as long as the machine's first process takes to collect them.
    """
    deadline = time.monotonic() + within
    while left := [process for process in processes if _runs(process)]:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return left == []


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home"
    (path / "run").mkdir(parents=True)
    return path


@pytest.fixture
def port() -> int:
    return any_free_port()


@pytest.fixture
async def supervisor(home: Path, heard: Heard) -> AsyncIterator[Supervisor]:
    """A supervisor; the test's end kills what it runs."""
    supervising = Supervisor(Voice(heard), home / "run" / "pids.json")
    yield supervising
    await supervising.stop(0.0, 0.0)


@pytest.fixture
def settings(home: Path, port: int) -> Settings:
    """Settings that name no part of their own, whatever the environment says."""
    return Settings.model_construct(**{**Settings.model_construct().model_dump(), "home": home, "port": port})


StackOf = Callable[..., Stack]


@pytest.fixture
async def stack_of(settings: Settings, heard: Heard, tmp_path: Path) -> AsyncIterator[StackOf]:
    """Makes stacks of stand-ins, and stops them."""
    made: list[Stack] = []

    def make(lines: str = PROCFILE, **changed: object) -> Stack:
        stack = Stack(
            settings.model_copy(update=changed),
            procfile=procfile(tmp_path, lines),
            painter=PainterSettings.model_construct(),
            voice=Voice(heard),
        )
        made.append(stack)
        return stack

    yield make
    for stack in made:
        await stack.stop()


def procfile(folder: Path, lines: str = PROCFILE) -> Procfile:
    (folder / "Procfile").write_text(lines)
    return read_procfile(folder / "Procfile")


@pytest.fixture
def program(home: Path) -> Callable[..., Program]:
    """Makes a Program of a Python script's name and arguments."""

    def make(name: str, script: Path, *arguments: str, **more: Any) -> Program:
        command = [sys.executable, str(script), *arguments]
        return Program(name=name, command=command, env={}, cwd=home, **more)

    return make
