"""The lab: a web process, a painter and a worker's hands, on the test's own loop."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.embedded.ports import any_free_port
from pipeline.settings import Settings
from tests.actors.lab import Hands, Lab
from tests.pipeline.providers.painter.caller import Caller
from tests.web_process import web_process


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A client of an empty Valkey database."""
    client = Redis.from_url(redis_url)
    await client.flushdb()
    yield client
    await client.aclose()


@pytest.fixture
async def lab(settings: Settings, engine: AsyncEngine, redis: Redis) -> AsyncIterator[Lab]:
    """A web process, and an address at which no painter listens yet."""
    provider = {
        "replicate_api_url": f"http://127.0.0.1:{any_free_port()}",
        "replicate_api_token": SecretStr("a-token"),
        "lease_seconds": 4.0,
    }
    chosen = settings.model_copy(update=provider)
    async with web_process(chosen):
        yield Lab(chosen, engine, redis)


@pytest.fixture
async def painter(lab: Lab) -> AsyncIterator[Caller]:
    """A quick painter."""
    async with lab.painting() as caller:
        yield caller


@pytest.fixture
async def hands(lab: Lab) -> AsyncIterator[Hands]:
    """A worker's hands."""
    async with lab.hands() as opened:
        yield opened
