"""A whole Darkroom to torture: fresh, in a temporary directory, with nothing of the surroundings' settings."""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree
from signal import SIGTERM
from typing import NoReturn

import orjson

from pipeline.embedded.leash import leashed
from pipeline.embedded.ports import free_port
from pipeline.embedded.procfile import CHECKOUT
from pipeline.providers.painter.ledger import LEDGER_FILE, Sold, read_ledger
from proof.bench.surroundings import surroundings
from proof.torture.failure import CouldNotRun
from proof.torture.options import LEASE_SECONDS, SLOTS, Options

_ANY = 65536
"""No port: any free one will do."""
STOP_SECONDS = 15.0
LOOK_SECONDS = 0.05
SWEEP_SECONDS = 2
ORPHAN_SECONDS = 12
"""Older than any lease: what nobody refers to by then is an orphan."""


@dataclass(frozen=True)
class Darkroom:
    """A running one, as its clients, its observers and its tormentors find it."""

    url: str
    database_url: str
    redis_url: str
    painter_url: str
    home: Path
    log: Path
    process: "subprocess.Popen[bytes]"
    options: Options
    frozen: set[str] = field(default_factory=set)
    """Workers that are stopped at the moment."""

    @property
    def key(self) -> str:
        """The development key."""
        return (self.home / "api-key").read_text().strip()

    def pid_of(self, name: str) -> int | None:
        """A supervised process's pid now; None while it is being started again."""
        try:
            pids: dict[str, int] = orjson.loads((self.home / "run" / "pids.json").read_bytes())
        except FileNotFoundError:
            return None
        return pids.get(name)

    async def running(self, name: str, besides: int | None = None, within: float = 30.0) -> int:
        """Wait until `name` runs with another pid than `besides`, and give it. Raises CouldNotRun."""
        try:
            async with asyncio.timeout(within):
                while True:
                    if (pid := self.pid_of(name)) not in {None, besides}:
                        return pid
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            raise CouldNotRun(f"{name} was not started again within {within:.0f} s.\n{self.last_lines()}") from None

    async def end(self) -> NoReturn:
        """Wait until it has ended, which it must not. Raises CouldNotRun with its last lines."""
        while True:
            if self.process.poll() is not None:
                raise CouldNotRun(f"Darkroom has ended by itself. The last it wrote:\n{self.last_lines()}")
            await asyncio.sleep(LOOK_SECONDS)

    def ledger(self) -> list[Sold]:
        """What the painter has sold."""
        return read_ledger(self.home / "painter" / LEDGER_FILE)

    def last_lines(self) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])


@contextmanager
def running_darkroom(options: Options, *, keep: bool) -> Iterator[Darkroom]:
    """Start one; stop it at the end, and remove its directory unless `keep`. Raises CouldNotRun."""
    folder = Path(tempfile.mkdtemp(prefix="darkroom-torture-"))
    try:
        log = folder / "log"
        with log.open("wb") as written:
            process = subprocess.Popen(
                # Whatever becomes of us, nothing stays running.
                leashed([sys.executable, "-m", "proof.torture.stack"], SIGTERM),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=written,
                cwd=folder,
                env=_environment(options, folder / "home"),
                start_new_session=True,  # Ctrl-C is for the torture, which then stops it in order
            )
        try:
            yield _ready(process, options, folder / "home", log)
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)
    finally:
        if not keep:
            rmtree(folder)


def _environment(options: Options, home: Path) -> dict[str, str]:
    return surroundings(
        # The checkout that we run from, not the one that happens to be installed.
        PYTHONPATH=str(CHECKOUT),
        DARKROOM_HOME=str(home),
        PORT=str(free_port(_ANY, besides=0)),
        MAX_PARALLEL_JOBS=str(SLOTS),
        DARKROOM_LEASE_SECONDS=str(LEASE_SECONDS),
        DARKROOM_STORE_SWEEP_SECONDS=str(SWEEP_SECONDS),
        DARKROOM_ORPHAN_SECONDS=str(ORPHAN_SECONDS),
        PAINTER_SECONDS=options.painter_seconds,
        PAINTER_OUTPUT_TTL_SECONDS=str(options.outputs_last),
        PAINTER_PREPARED="true",
        PAINTER_SEED=str(options.seed),
    )


def _ready(process: "subprocess.Popen[bytes]", options: Options, home: Path, log: Path) -> Darkroom:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        last = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
        raise CouldNotRun(f"Darkroom did not start. The last it wrote:\n{last}")
    return Darkroom(**orjson.loads(line), options=options, home=home, log=log, process=process)
