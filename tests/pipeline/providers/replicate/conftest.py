"""A painter in Replicate's place, and our client of it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession

from pipeline.providers import Replicate
from pipeline.providers.painter.server import running_painter
from pipeline.settings.painter import PainterSettings
from tests.conftest import settings_at
from tests.pipeline.providers.painter.caller import Caller
from tests.pipeline.providers.painter.conftest import TOKEN

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
async def painter(tmp_path: Path) -> AsyncIterator[Caller]:
    """A painter that takes no time, and somebody who dials its faults and reads its ledger."""
    settings = PainterSettings(_env_file=None, port=0, home=tmp_path / "painter", seconds=(0.0, 0.0), prepared=True)
    async with running_painter(settings) as origin, ClientSession(headers=TOKEN) as session:
        yield Caller(origin, session)


@pytest.fixture
async def replicate(painter: Caller, opening: Opening) -> AsyncIterator[Replicate]:
    """A client of the painter."""
    async with opening(painter.origin) as client:
        yield client
