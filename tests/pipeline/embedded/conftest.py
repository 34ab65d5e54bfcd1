"""Homes, ports, and stand-ins for the Procfile's processes: small, but real Python processes."""

import io
import socket
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from pipeline.embedded.procfile import Procfile, read_procfile
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


@pytest.fixture
def heard() -> io.StringIO:
    """What the supervisor writes."""
    return io.StringIO()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home"
    (path / "run").mkdir(parents=True)
    return path


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    return number


@pytest.fixture
async def supervisor(home: Path, heard: io.StringIO) -> AsyncIterator[Supervisor]:
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
async def stack_of(settings: Settings, heard: io.StringIO, tmp_path: Path) -> AsyncIterator[StackOf]:
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


PYTHON = sys.executable
