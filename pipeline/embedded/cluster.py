"""Postgres's data directory: made whole or not at all, and only ever touched by the version that made it."""

import shutil
import subprocess
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import psutil

from pipeline.embedded.errors import CannotStart
from pipeline.embedded.ordinary import Ordinary

USER = "darkroom"

_HALF_MADE = "postgres.init-"


class Cluster:
    """The data directory `home`/postgres, for the server in `binaries`."""

    def __init__(self, home: Path, binaries: Path, ordinary: Ordinary) -> None:
        self.data = home / "postgres"
        self._home = home
        self._binaries = binaries
        self._ordinary = ordinary

    async def make(self, run: Callable[[Sequence[str]], Awaitable[None]]) -> bool:
        """Make it when there is none; whether it had to be. `run` runs a command to its end, or raises.

        Raises CannotStart when another version made it, or it is something else.
        """
        if self._made():
            return False
        # initdb that is killed half-way leaves a directory that looks like one: it works aside and is renamed.
        aside = self._aside()
        await run(self._initdb(aside))
        self._adopt(aside)
        return True

    def clear_stale(self, lock_files: Sequence[Path]) -> None:
        """Remove the lock files of a postmaster that is gone.

        Postgres does so itself, unless another process has got the dead one's pid since: then it refuses to start.
        """
        for file in (self.data / "postmaster.pid", *lock_files):
            if file.exists() and not _postgres_runs_as(file):
                file.unlink()

    def _made(self) -> bool:
        version = self.data / "PG_VERSION"
        if not version.exists():
            return False
        made_by, ours = version.read_text().strip(), str(major(self._binaries))
        if made_by != ours:
            raise CannotStart(
                f"{self.data} was made by Postgres {made_by}, and this is Postgres {ours}. Keep what is in it with "
                f"Postgres {made_by}'s pg_dump, or move it away to begin anew: mv {self.data} {self.data}-{made_by}"
            )
        self._ordinary.give(self.data)
        return True

    def _aside(self) -> Path:
        for left in self._home.glob(f"{_HALF_MADE}*"):
            shutil.rmtree(left)
        aside = Path(tempfile.mkdtemp(prefix=_HALF_MADE, dir=self._home))
        self._ordinary.give(aside)
        return aside

    def _adopt(self, aside: Path) -> None:
        try:
            aside.rename(self.data)
        except OSError as reason:
            raise CannotStart(
                f"{self.data} is in the way: it is not empty, and Postgres did not make it ({reason.strerror}). "
                "Move it away, then start again."
            ) from reason

    def _initdb(self, folder: Path) -> list[str]:
        # The builtin provider came with 17: the same order of texts on every machine, whatever its C library.
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if major(self._binaries) >= 17 else []
        return [
            str(self._binaries / "initdb"),
            *("-D", str(folder), "-U", USER, "-E", "UTF8", "--locale=C", *locale),
            "--auth=trust",  # for the socket's directory lets only its owner in, and there is no TCP port
            "--no-instructions",
        ]


def major(binaries: Path) -> int:
    """The major version of the Postgres in `binaries`."""
    said = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    return int(said.split()[2].split(".")[0])  # "postgres (PostgreSQL) 18.4"


def _postgres_runs_as(lock_file: Path) -> bool:
    """Whether the pid in a lock file's first line is a Postgres now."""
    first = lock_file.read_text().partition("\n")[0].strip()
    try:
        return first.isdecimal() and psutil.Process(int(first)).name() == "postgres"
    except psutil.NoSuchProcess:
        return False
