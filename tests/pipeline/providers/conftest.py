"""A painter in the providers' place, for the tests of our clients of them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession
from pydantic import SecretStr

from pipeline.providers.painter.server import running_painter
from pipeline.settings.painter import PainterSettings
from tests.pipeline.providers.painter.caller import Caller
from tests.pipeline.providers.painter.conftest import PAINTERS, TOKEN


@pytest.fixture
async def painter(tmp_path: Path) -> AsyncIterator[Caller]:
    """A painter that takes no time, and somebody who dials its faults and reads its ledger."""
    settings = PainterSettings(
        _env_file=None, port=0, home=tmp_path / "painter", seconds=(0.0, 0.0), prepared=True, token=SecretStr(PAINTERS)
    )
    async with running_painter(settings) as origin, ClientSession(headers=TOKEN) as session:
        yield Caller(origin, session)
