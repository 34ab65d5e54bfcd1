"""What to run, and how it ends."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from signal import SIGTERM, Signals

import psutil

from pipeline.embedded.errors import CannotStart
from pipeline.embedded.ordinary import Ordinary


def _nothing() -> None:
    pass


def _nobody() -> Sequence[psutil.Process]:
    return ()


def _all_shown(_line: str) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Program:
    """One process to be: its command, its environment, and what surrounds its start and end."""

    name: str
    command: Sequence[str]
    """The first word is a path."""
    env: Mapping[str, str]
    cwd: Path
    stop_signal: Signals = SIGTERM
    server: bool = False
    """Others work with it, so it is stopped after them."""
    ordinary: Ordinary = field(default_factory=Ordinary)
    prepare: Callable[[], None] = _nothing
    """Called before every start, in a thread."""
    strays: Callable[[], Sequence[psutil.Process]] = _nobody
    """Processes of it outside its process group; killed after every end, in a thread."""
    shown: Callable[[str], bool] = _all_shown
    """Which lines of its output are worth a reader's time. All are kept for the day it fails."""


def command_of(line: str, env: Mapping[str, str]) -> list[str]:
    """A Procfile line as a command whose first word is found on `env`'s PATH.

    No shell reads it: a shell's pid would stand for the program's, and a signal would end the wrong one.
    Raises CannotStart when there is no such program.
    """
    word, *arguments = shlex.split(line)
    found = which(word, path=env.get("PATH"))
    if found is None:
        raise CannotStart(f"The Procfile starts `{line}`, but there is no `{word}` on PATH. Run `make up` again.")
    return [found, *arguments]
