"""Readiness: do the database and the store answer. Asked by anybody, looked at once a second at most."""

import asyncio
import time
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.errors import StoreError
from pipeline.outages import DATABASE_AWAY
from pipeline.statements import fetch, statement
from pipeline.stores import Store

CHECK_SECONDS = 3.0
"""How long each part may take to answer."""
FRESH_SECONDS = 1.0
"""How long what was found is answered with. `/readyz` takes no key: without this, whoever asks it fast enough keeps
the database's connections and the store busy."""
_SCHEMA = statement("SELECT count(*) AS lanes FROM lanes")


class Parts(NamedTuple):
    """How each stands: `ok`, or what is wrong with it."""

    database: str
    store: str


class PartChecks:
    """Looks at the parts. Who asks while a look is under way waits for that one."""

    def __init__(self, engine: AsyncEngine, store: Store, *, fresh_seconds: float = FRESH_SECONDS) -> None:
        self._engine = engine
        self._store = store
        self._fresh_seconds = fresh_seconds
        self._found: Parts | None = None
        self._found_at = float("-inf")
        self._looking: asyncio.Task[Parts] | None = None

    async def look(self) -> Parts:
        """How they stand, by a look that is at most a second old."""
        if self._found is not None and time.monotonic() - self._found_at < self._fresh_seconds:
            return self._found
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        # One look serves all who wait, and goes on without whoever leaves.
        return await asyncio.shield(self._looking)

    async def _look(self) -> Parts:
        try:
            self._found = Parts(*await asyncio.gather(self._database(), self._stored()))
            self._found_at = time.monotonic()
            return self._found
        finally:
            self._looking = None

    async def _database(self) -> str:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await fetch(self._engine, _SCHEMA)
        except TimeoutError:
            return f"did not answer within {CHECK_SECONDS:.0f} s"
        except DATABASE_AWAY as error:
            return f"does not answer: {type(error).__name__}"
        return "ok"

    async def _stored(self) -> str:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await self._store.check()
        except StoreError as error:
            return str(error)
        except TimeoutError:
            return f"did not answer within {CHECK_SECONDS:.0f} s"
        return "ok"
