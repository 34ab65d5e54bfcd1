"""Three providers: a web process that knows them all, and an address at which no painter listens yet."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.embedded.ports import any_free_port
from pipeline.settings import Settings
from pipeline.statements import fetch, statement
from tests.actors.lab import Lab
from tests.actors.providers import three_providers
from tests.web_process import web_process

_LANES = statement("INSERT INTO lanes (provider, cap) VALUES ('fal', 64), ('openai', 64) RETURNING cap")


@pytest.fixture
async def lab(settings: Settings, engine: AsyncEngine, redis: Redis) -> AsyncIterator[Lab]:
    """A web process of three providers, and an address at which no painter listens yet."""
    await fetch(engine, _LANES)
    chosen = settings.model_copy(update=three_providers(any_free_port()))
    async with web_process(chosen):
        yield Lab(chosen, engine, redis)
