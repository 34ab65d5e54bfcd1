"""Processes of ours that nobody supervises: found by what they are, never by a pid somebody wrote down."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from signal import SIGINT

import psutil

from pipeline.embedded.errors import CannotStart

MARK = "DARKROOM_SUPERVISED_IN"
"""Variable in every supervised process's environment; its value is the home."""

_KILLED_SECONDS = 5.0
_STOPPED_SECONDS = 5.0
_LOOK_SECONDS = 0.02


def servers_in(folder: Path, executable: str) -> list[psutil.Process]:
    """Processes running `executable` (a file name) with `folder` as their working directory.

    Postgres and Valkey work in their data directory, backends too, and overwrite their environment with a title.
    """
    where = str(folder.resolve())
    return [process for process in psutil.process_iter() if _serves(process, where, executable)]


def kill_strays(strays: Callable[[], Sequence[psutil.Process]]) -> None:
    """SIGKILL what `strays` finds until it finds nothing. Raises CannotStart when one stays 5 seconds."""
    _until_gone(strays, psutil.Process.kill, _KILLED_SECONDS)


def end_leftovers(home: Path) -> int:
    """End what a supervisor that was killed left behind in `home`; how many there were. Takes up to 10 seconds.

    On Linux they are ending already, by their leash. The caller holds the home's lock.
    """

    def left() -> list[psutil.Process]:
        marked = [process for process in psutil.process_iter() if _marked(process, str(home))]
        return marked + servers_in(home / "postgres", "postgres") + servers_in(home / "valkey", "valkey-server")

    count = len(left())
    try:
        _until_gone(left, _stop, _STOPPED_SECONDS, again=False)
    except CannotStart:
        kill_strays(left)
    return count


def _until_gone(
    find: Callable[[], Sequence[psutil.Process]],
    end: Callable[[psutil.Process], None],
    seconds: float,
    again: bool = True,
) -> None:
    deadline = time.monotonic() + seconds
    asked: set[psutil.Process] = set()
    # Waiting for the pids would wait for zombies too, and a container's first process may never collect them.
    while found := find():
        for process in found:
            if again or process not in asked:
                _unless_gone(end, process)
                asked.add(process)
        if time.monotonic() > deadline:
            raise CannotStart(f"{found[0]} does not end. End it yourself, then start again.")
        time.sleep(_LOOK_SECONDS)


def _unless_gone(end: Callable[[psutil.Process], None], process: psutil.Process) -> None:
    try:
        end(process)
    except psutil.NoSuchProcess:
        return  # it ended by itself


def _stop(process: psutil.Process) -> None:
    if process.name() == "postgres":
        process.send_signal(SIGINT)  # SIGTERM would let it wait for its clients
    else:
        process.terminate()


def _serves(process: psutil.Process, folder: str, executable: str) -> bool:
    try:
        return Path(process.exe()).name == executable and process.cwd() == folder
    except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
        return False  # gone, or somebody else's


def _marked(process: psutil.Process, home: str) -> bool:
    try:
        return process.environ().get(MARK) == home
    except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
        return False
