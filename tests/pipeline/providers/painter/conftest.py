"""A painter on real sockets, its caller and a receiver for its webhooks."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from pipeline.providers.painter.server import running_painter
from pipeline.settings.painter import PainterSettings
from tests.pipeline.providers.painter.caller import Caller
from tests.pipeline.providers.painter.receiver import Receiver, receiving

Painting = Callable[..., AbstractAsyncContextManager[Caller]]
PAINTERS = "a-token"
TOKEN = {"Authorization": f"Bearer {PAINTERS}"}


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A session that shows a token."""
    async with aiohttp.ClientSession(headers=TOKEN) as opened:
        yield opened


@pytest.fixture
def painting(tmp_path: Path, session: aiohttp.ClientSession) -> Painting:
    """Starts a painter with these settings, on the same home each time within a test."""

    @asynccontextmanager
    async def start(**settings: Any) -> AsyncIterator[Caller]:
        chosen: dict[str, Any] = {
            "port": 0,
            "home": tmp_path / "painter",
            "seconds": "0.02",
            "prepared": True,
            "token": PAINTERS,
        } | settings
        async with running_painter(PainterSettings(_env_file=None, **chosen)) as origin:
            yield Caller(origin, session)

    return start


@pytest.fixture
async def painter(painting: Painting) -> AsyncIterator[Caller]:
    """A quick painter that paints nothing."""
    async with painting() as caller:
        yield caller


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver that does not know the painter's secret yet."""
    async with receiving() as started:
        yield started


@pytest.fixture
async def trusted(painter: Caller, receiver: Receiver) -> Receiver:
    """A receiver that knows the painter's secret."""
    _, body = await painter.ask("GET", "/v1/webhooks/default/secret")
    receiver.secret = body["key"]
    return receiver
