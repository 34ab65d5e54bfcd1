"""A whole Darkroom for a proof: fresh, in a temporary directory, with nothing of the surroundings' settings."""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from signal import SIGTERM
from typing import Any, NoReturn

import orjson

from pipeline.embedded.leash import leashed
from pipeline.embedded.ports import any_free_port
from pipeline.providers.painter.api.counters import COUNTERS
from pipeline.providers.painter.ledger import LEDGER_FILE, Sold, read_ledger
from pipeline.providers.painter.token import TOKEN_FILE
from proof.surroundings import surroundings

STOP_SECONDS = 15.0
LOOK_SECONDS = 0.05
LAST_LINES = 20


@dataclass(frozen=True)
class Hosted:
    """A running one, as its clients, its observers and its tormentors find it."""

    url: str
    database_url: str
    redis_url: str
    painter_url: str
    gateways: list[str]
    """The address of each web process; the first is `url`."""
    home: Path
    log: Path
    process: "subprocess.Popen[bytes]"
    """The supervisor."""
    failure: type[Exception]
    """Raised when it does not run as it must."""

    @property
    def key(self) -> str:
        """The development key."""
        return (self.home / "api-key").read_text().strip()

    @property
    def painter_headers(self) -> dict[str, str]:
        """What the painter's dials ask for."""
        return {"Authorization": f"Bearer {(self.home / 'painter' / TOKEN_FILE).read_text()}"}

    def pids(self) -> dict[str, int]:
        """The pid of every supervised process that runs now; nothing once all are stopped."""
        try:
            pids: dict[str, int] = orjson.loads((self.home / "run" / "pids.json").read_bytes())
        except FileNotFoundError:
            return {}
        return pids

    def pid_of(self, name: str) -> int | None:
        """A supervised process's pid now; None while it is being started again."""
        return self.pids().get(name)

    async def running(self, name: str, besides: int | None = None, within: float = 30.0) -> int:
        """Wait until `name` runs with another pid than `besides`, and give it. Raises `failure`."""
        try:
            async with asyncio.timeout(within):
                while True:
                    if (pid := self.pid_of(name)) not in {None, besides}:
                        return pid
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            raise self.failure(f"{name} was not started again within {within:.0f} s.\n{self.last_lines()}") from None

    async def end(self) -> NoReturn:
        """Wait until it has ended, which it must not. Raises `failure` with its last lines."""
        while True:
            if self.process.poll() is not None:
                raise self.failure(f"Darkroom has ended by itself. The last it wrote:\n{self.last_lines()}")
            await asyncio.sleep(LOOK_SECONDS)

    def ledgers(self) -> dict[str, list[Sold]]:
        """What the painter has sold, by the provider in whose place it did."""
        folders = {"replicate": self.home / "painter"} | {name: self.home / "painter" / name for name in COUNTERS}
        return {name: read_ledger(folder / LEDGER_FILE) for name, folder in folders.items()}

    def ledger(self) -> list[Sold]:
        """All that the painter has sold."""
        return [sold for ledger in self.ledgers().values() for sold in ledger]

    def last_lines(self) -> str:
        """The end of its log."""
        return _end_of(self.log)


@contextmanager
def hosted(
    *, workers: int = 1, gateways: int = 1, keep: bool = False, failure: type[Exception], prefix: str, **env: str
) -> Iterator[Hosted]:
    """Start one; stop it at the end, and remove its directory, whose name begins with `prefix`, unless `keep`.

    Without workers it has neither clock nor painter: nothing moves by itself. `env` are its settings. Raises `failure`
    when it does not start.
    """
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    home, log = folder / "home", folder / "log"
    try:
        with log.open("wb") as written:
            process = subprocess.Popen(
                # Whatever becomes of us, nothing stays running.
                leashed(_command(workers, gateways), SIGTERM),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=written,
                cwd=folder,
                env=surroundings(DARKROOM_HOME=str(home), PORT=str(any_free_port()), **env),
                start_new_session=True,  # Ctrl-C is for the proof, which then stops it in order
            )
        try:
            where = _ready(process, log, failure)
            yield Hosted(**where, home=home, log=log, process=process, failure=failure)
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)
    finally:
        if not keep:
            rmtree(folder)


def _command(workers: int, gateways: int) -> list[str]:
    return [sys.executable, "-m", "proof.stack", f"--workers={workers}", f"--gateways={gateways}"]


def _ready(process: "subprocess.Popen[bytes]", log: Path, failure: type[Exception]) -> dict[str, Any]:
    """What its one line says."""
    assert process.stdout is not None
    with process.stdout as said:
        line = said.readline()
    if not line:
        raise failure(f"Darkroom did not start. The last it wrote:\n{_end_of(log)}")
    where: dict[str, Any] = orjson.loads(line)
    return where


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-LAST_LINES:])
