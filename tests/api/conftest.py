"""A web process whose inside a test can look into, at its own sockets and its own database."""

from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.state import State
from pipeline.settings import Settings
from tests.conftest import owner_of
from tests.darkroom import Darkroom
from tests.web_process import web_process


class Web(NamedTuple):
    """A web process on the test's own loop: no worker, so nothing moves but what the test moves."""

    state: State
    darkroom: Darkroom


def darkroom_of(settings: Settings) -> Darkroom:
    """How its clients reach it."""
    assert settings.database_url is not None
    url = f"http://127.0.0.1:{settings.port}"
    return Darkroom(url, settings.home, owner_of(settings.database_url), settings.replicate_api_url)


@pytest.fixture
async def web(settings: Settings, engine: AsyncEngine) -> AsyncIterator[Web]:
    """A web process on an empty database."""
    async with web_process(settings) as state:
        yield Web(state, darkroom_of(settings))
