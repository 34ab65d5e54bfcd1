"""What an actor works with, opened on the loop that uses it and closed there."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.callback import Callbacks
from pipeline.database import open_engine
from pipeline.doorbell import Doorbell, open_redis
from pipeline.notices import Notices
from pipeline.providers import Replicate
from pipeline.providers.provider import Provider
from pipeline.settings import Settings
from pipeline.stores import open_store
from pipeline.stores.store import Store

LOOK_SECONDS = 10.0
"""When the watcher first asks after a prediction whose webhook should come by itself."""


@dataclass(frozen=True)
class Resources:
    """One process's connections and the verbs bound to them."""

    settings: Settings
    engine: AsyncEngine
    doorbell: Doorbell
    notices: Notices
    callbacks: Callbacks
    provider: Provider
    store: Store
    downloads: aiohttp.ClientSession

    @property
    def look_seconds(self) -> float:
        """How long a prediction may run before the watcher asks after it."""
        return LOOK_SECONDS if self.settings.callback_base else self.settings.poll_seconds


@asynccontextmanager
async def open_resources(settings: Settings) -> AsyncIterator[Resources]:
    """Open everything an actor or the clock needs; closes it in reverse order."""
    async with AsyncExitStack() as stack:
        engine = open_engine(settings)
        stack.push_async_callback(engine.dispose)
        redis = open_redis(settings)
        stack.push_async_callback(redis.aclose)
        provider = Replicate(settings)
        stack.push_async_callback(provider.close)
        # Outputs are fetched without the provider's token: their addresses are secrets of their own.
        downloads = await stack.enter_async_context(aiohttp.ClientSession())
        store = await stack.enter_async_context(open_store(settings))
        notices = Notices(engine)
        stack.push_async_callback(notices.flush)
        yield Resources(
            settings=settings,
            engine=engine,
            doorbell=Doorbell(redis),
            notices=notices,
            callbacks=Callbacks(engine),
            provider=provider,
            store=store,
            downloads=downloads,
        )
