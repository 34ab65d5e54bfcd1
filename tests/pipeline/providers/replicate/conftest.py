"""A painter in Replicate's place, and our client of it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from pipeline.providers import Replicate
from tests.conftest import settings_at
from tests.pipeline.providers.painter.caller import Caller

Opening = Callable[[str], AbstractAsyncContextManager[Replicate]]


@pytest.fixture
def opening(tmp_path: Path) -> Opening:
    """Opens a client of the provider at an address."""

    @asynccontextmanager
    async def opened(url: str) -> AsyncIterator[Replicate]:
        client = Replicate(settings_at(tmp_path, replicate_api_url=url, replicate_api_token="a-token"))
        try:
            yield client
        finally:
            await client.close()

    return opened


@pytest.fixture
async def replicate(painter: Caller, opening: Opening) -> AsyncIterator[Replicate]:
    """A client of the painter."""
    async with opening(painter.origin) as client:
        yield client
