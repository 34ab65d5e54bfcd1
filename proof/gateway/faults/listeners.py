"""The gateways' listening connections, found from outside as Postgres's backends, and what can befall them."""

import asyncio
import os
from collections.abc import Set
from contextlib import suppress
from signal import SIGCONT, SIGSTOP

import asyncpg

from proof.gateway.failure import CouldNotRun

# Its first words; and its keepalive, which nobody else says. Whoever has said either remains known.
_BACKENDS = """
    SELECT pid, backend_start::text AS since, query ~* '^(LISTEN "?darkroom"?|SELECT 1)$' AS listens
    FROM pg_stat_activity WHERE application_name = 'darkroom'
"""
_END = "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) AS ended FROM unnest($1::int[]) AS pid"
LOOK_SECONDS = 0.1
SOON_SECONDS = 0.02
"""Between two looks while somebody waits."""
WITHIN_SECONDS = 40.0
"""A half-open connection is noticed by its gateway after two keepalives."""

Backend = tuple[int, str]
"""Pid, and since when."""


class Listeners:
    """Knows which backends listen, for as long as `keep_looking` runs."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]", gateways: int) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()
        self._gateways = gateways
        self._known: set[Backend] = set()

    @property
    def pids(self) -> set[int]:
        """The backends that listen."""
        return {pid for pid, _ in self._known}

    async def keep_looking(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self._look()
            await asyncio.sleep(LOOK_SECONDS)

    async def all_listen(self, besides: Set[int] = frozenset()) -> None:
        """Wait until every gateway has one listening connection, and none of another life. Raises CouldNotRun.

        Those in `besides` do not count.
        """
        try:
            async with asyncio.timeout(WITHIN_SECONDS):
                await self._look()
                while len(self.pids - besides) != self._gateways:
                    await asyncio.sleep(SOON_SECONDS)
                    await self._look()
        except TimeoutError:
            raise CouldNotRun(f"not every gateway listened again within {WITHIN_SECONDS:.0f} s") from None

    async def end(self, pids: set[int]) -> int:
        """End these connections on the server's side; how many of them were there."""
        async with self._turn:
            return int(await self._connection.fetchval(_END, list(pids)))

    async def _look(self) -> None:
        async with self._turn:
            rows = await self._connection.fetch(_BACKENDS)
        there = {(row["pid"], row["since"]): row["listens"] for row in rows}
        self._known = {backend for backend, listens in there.items() if listens or backend in self._known}


class Stopped:
    """A backend that is stopped inside the context: its connection stands, and nobody answers on it."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def __enter__(self) -> None:
        self._signal(SIGSTOP)

    def __exit__(self, *_: object) -> None:
        self._signal(SIGCONT)

    def _signal(self, number: int) -> None:
        # It may have ended by itself meanwhile.
        with suppress(ProcessLookupError):
            os.kill(self._pid, number)
