"""What every process of Darkroom holds open: database, broker, provider and store, and the verbs bound to them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.callback import Callbacks
from pipeline.callback_address import CallbackAddresses
from pipeline.database import open_engine
from pipeline.doorbell import Doorbell, open_redis
from pipeline.egress import Guard
from pipeline.notices import Notices
from pipeline.percent import Percents
from pipeline.providers import PROVIDERS, Provider
from pipeline.rights import tell_costs
from pipeline.settings import Settings
from pipeline.stores import Store, open_store


@dataclass(frozen=True)
class Connections:
    """One process's connections, on the loop that opened them."""

    settings: Settings
    engine: AsyncEngine
    doorbell: Doorbell
    notices: Notices
    callbacks: Callbacks
    addresses: CallbackAddresses
    percents: Percents
    providers: Mapping[str, Provider]
    """Those whose credentials are set, by name."""
    store: Store
    guard: Guard


@asynccontextmanager
async def open_connections(settings: Settings) -> AsyncIterator[Connections]:
    """Open them all; close them in reverse order, once every bell is rung and every notice has left."""
    async with AsyncExitStack() as stack:
        engine = open_engine(settings)
        stack.push_async_callback(engine.dispose)
        await tell_costs(engine, settings.reader_role)
        redis = open_redis(settings)
        stack.push_async_callback(redis.aclose)
        providers = {name: PROVIDERS[name](settings) for name in settings.providers}
        for provider in providers.values():
            stack.push_async_callback(provider.close)
        store = await stack.enter_async_context(open_store(settings))
        notices = Notices(engine)
        stack.push_async_callback(notices.flush)
        doorbell = Doorbell(redis)
        stack.push_async_callback(doorbell.flush)
        yield Connections(
            settings,
            engine,
            doorbell,
            notices,
            Callbacks(engine),
            CallbackAddresses(engine),
            Percents(engine),
            providers,
            store,
            Guard(settings.egress_allow),
        )
