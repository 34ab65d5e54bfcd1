"""A painter, and hands that do a worker's and a clock's work one step at a time, all on the test's own loop."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import aiohttp
import asyncpg
from redis.asyncio import Redis
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.cancel import Cancel
from actors.clock import sweep
from actors.collect import Collect
from actors.resources import Resources, open_resources
from actors.start import Start
from actors.store import Store
from actors.watcher import Watcher
from pipeline.doorbell import NAMESPACE, Bell, wake_key
from pipeline.providers.painter.ledger import LEDGER_FILE, Sold, read_ledger
from pipeline.providers.painter.server import running_painter
from pipeline.settings import Settings
from pipeline.settings.painter import PainterSettings
from pipeline.statements import fetch, statement
from tests.conftest import owner_of
from tests.pipeline.providers.painter.caller import Caller
from tests.pipeline.providers.painter.conftest import PAINTERS, TOKEN
from tests.rows import row_of, submit

PATIENCE = 10.0
"""Seconds a test waits for an event before it fails."""

_AGE = statement("""
    WITH closed AS (UPDATE lanes SET open_until = now())
    UPDATE image_generations SET due_at = now(), attempt_at = attempt_at - make_interval(secs => :seconds)
    WHERE due_at IS NOT NULL RETURNING id
""")
_CAP = statement("UPDATE lanes SET cap = :cap RETURNING cap")
_IMAGES = statement("SELECT * FROM images WHERE generation_id = :id ORDER BY idx")


class Watchers:
    """The watchers of every provider."""

    def __init__(self, resources: Resources) -> None:
        self._watchers = [Watcher(resources, provider) for provider in resources.providers.values()]

    async def look(self) -> None:
        """One round of each."""
        for watcher in self._watchers:
            await watcher.look()


@dataclass(frozen=True)
class Hands:
    """One worker's performers and one clock's watcher. Each method is one step, and returns when it is done."""

    resources: Resources
    start: Start
    collect: Collect
    store: Store
    cancel: Cancel
    watcher: Watchers

    async def buy(self) -> None:
        """Answer the bell `start`: claim, and wait for the provider's answers."""
        await self.start.turns.take()
        await self.start.close(PATIENCE)

    async def develop(self) -> None:
        """Answer the bells `collect` and `store`, and wait for the downloads."""
        await self.read()
        await self.keep()

    async def read(self) -> None:
        """Answer the bell `collect`, and wait for what is read again at the provider."""
        await self.collect.turns.take()
        await self.collect.pool.close(PATIENCE)

    async def keep(self) -> None:
        """Answer the bell `store`, and wait for the downloads."""
        await self.store.turns.take()
        await self.store.pool.close(PATIENCE)

    async def stop(self) -> None:
        """Answer the bell `cancel`, and wait for the provider's answers."""
        await self.cancel.turns.take()
        await self.cancel.pool.close(PATIENCE)

    async def sweep(self) -> None:
        """One round of the clock's sweep."""
        await sweep(self.resources)
        await self.resources.doorbell.flush()

    async def retry(self) -> None:
        """What happens to a pending row once it is due: the sweep queues it, and it is bought again."""
        await self.sweep()
        await self.buy()


@dataclass(frozen=True)
class Lab:
    """Everything a generation meets, but a worker and a clock."""

    settings: Settings
    engine: AsyncEngine
    redis: Redis

    @asynccontextmanager
    async def painting(self, **given: Any) -> AsyncIterator[Caller]:
        """A painter at the address that the settings name."""
        port = int(self.settings.replicate_api_url.rpartition(":")[2])
        chosen = {
            "port": port,
            "home": self.settings.home / "painter",
            "seconds": "0.01",
            "prepared": True,
            "token": PAINTERS,
        } | given
        painter = PainterSettings.model_validate(chosen)
        async with running_painter(painter) as origin, aiohttp.ClientSession(headers=TOKEN) as session:
            yield Caller(origin, session)

    @asynccontextmanager
    async def hands(self, **changed: Any) -> AsyncIterator[Hands]:
        """A worker and a clock; `changed` are settings in which they differ from the web process."""
        async with open_resources(self.settings.model_copy(update=changed)) as opened:
            hands = Hands(opened, Start(opened), Collect(opened), Store(opened), Cancel(opened), Watchers(opened))
            yield hands
            await asyncio.gather(hands.start.close(0), hands.store.pool.close(0), hands.cancel.pool.close(0))

    async def submit(self, **given: Any) -> UUID:
        """A row, queued."""
        return await submit(self.engine, **given)

    async def row(self, generation_id: UUID) -> Row[Any]:
        """The row as it stands."""
        return await row_of(self.engine, generation_id)

    async def images(self, generation_id: UUID) -> Sequence[Row[Any]]:
        """The pictures of a generation, in order."""
        return await fetch(self.engine, _IMAGES, id=generation_id)

    async def cap(self, cap: int) -> None:
        """Give the lane another cap."""
        await fetch(self.engine, _CAP, cap=cap)

    async def rung(self, bell: Bell) -> None:
        """Wait until somebody rings `bell`, and take its message off the queue, as a worker's consumer does."""
        async with asyncio.timeout(PATIENCE):
            await self.redis.blpop([wake_key(bell)])
        queue = f"{NAMESPACE}:{bell}"
        await self.redis.delete(wake_key(bell), queue, f"{queue}.msgs")

    async def is_ringing(self, bell: Bell) -> bool:
        """Whether a message waits on the bell's queue."""
        return bool(await self.redis.llen(f"{NAMESPACE}:{bell}"))

    async def by_hand(self, sql: str) -> None:
        """Run SQL as a person in psql would: without Darkroom's connection setting."""
        assert self.settings.database_url is not None
        psql = await asyncpg.connect(owner_of(self.settings.database_url))
        try:
            await psql.execute(sql)
        finally:
            await psql.close()

    def sold(self) -> list[Sold]:
        """Everything the painter has sold, oldest first."""
        ledger = self.settings.home / "painter" / LEDGER_FILE
        return read_ledger(ledger) if ledger.exists() else []

    async def age(self, seconds: float = 0) -> None:
        """Let everything be due now, as if attempts had begun `seconds` earlier: tests need not wait for a clock."""
        await fetch(self.engine, _AGE, seconds=seconds)
