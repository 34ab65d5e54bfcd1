"""A whole Darkroom to measure: fresh, in a temporary home, with nothing of the surroundings' settings."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from signal import SIGTERM
from tempfile import TemporaryDirectory

import orjson

from pipeline.embedded.leash import leashed
from pipeline.embedded.ports import free_port
from pipeline.providers.painter.ledger import LEDGER_FILE, Sold, read_ledger
from proof.bench.failure import BenchFailed
from proof.bench.surroundings import surroundings

_ANY = 65536
"""No port: any free one will do."""
STOP_SECONDS = 15.0


@dataclass(frozen=True)
class Darkroom:
    """A running one, as its clients and its observers find it."""

    url: str
    database_url: str
    home: Path
    supervisor: int
    """Pid."""

    @property
    def key(self) -> str:
        """The development key."""
        return (self.home / "api-key").read_text().strip()

    def pids(self) -> dict[str, int]:
        """Every supervised process's pid now."""
        pids: dict[str, int] = json.loads((self.home / "run" / "pids.json").read_text())
        return pids

    def ledger(self) -> list[Sold]:
        """What the painter has sold."""
        return read_ledger(self.home / "painter" / LEDGER_FILE)

    def remove_pictures(self) -> None:
        """Delete the stored pictures: 200 kB each would fill the disk, and their writing back disturb what follows."""
        for folder in (self.home / "pictures").iterdir():
            if not folder.name.startswith("."):
                rmtree(folder)


@contextmanager
def running_darkroom(painter_seconds: str, **env: str) -> Iterator[Darkroom]:
    """Start one whose painter takes `painter_seconds` ("0", "0.05-0.15") for the ready picture; stop it at the end.

    `env` are more settings.

    Raises BenchFailed when it does not start.
    """
    with TemporaryDirectory(prefix="darkroom-bench-") as folder:
        home = Path(folder, "home")
        env = surroundings(
            DARKROOM_HOME=str(home),
            PORT=str(free_port(_ANY, besides=0)),
            PAINTER_SECONDS=painter_seconds,
            PAINTER_PREPARED="true",
            **env,
        )
        log = Path(folder, "log")
        with log.open("wb") as written:
            process = subprocess.Popen(
                # Whatever becomes of us, nothing stays running.
                leashed([sys.executable, "-m", "proof.bench.stack"], SIGTERM),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=written,
                cwd=folder,
                env=env,
                start_new_session=True,  # Ctrl-C is for the bench, which then stops it in order
            )
        try:
            yield _ready(process, home, log)
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)


def _ready(process: subprocess.Popen[bytes], home: Path, log: Path) -> Darkroom:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise BenchFailed(f"Darkroom did not start. The last it wrote:\n{_end_of(log)}")
    said = orjson.loads(line)
    return Darkroom(said["url"], said["database_url"], home, process.pid)


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-20:])
