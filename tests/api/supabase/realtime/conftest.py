"""A web process with the old project's keys, in which nothing moves but what the test moves."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.settings import Settings
from tests.api.auth.minting import SECRET
from tests.api.conftest import Web, darkroom_of
from tests.api.supabase.realtime.phoenix import ANON
from tests.web_process import web_process


@pytest.fixture
async def old(settings: Settings, engine: AsyncEngine) -> AsyncIterator[Web]:
    """It, on an empty database."""
    keys = {"supabase_anon_key": SecretStr(ANON), "supabase_jwt_secret": SecretStr(SECRET)}
    chosen = settings.model_copy(update=keys)
    async with web_process(chosen) as state:
        yield Web(state, darkroom_of(chosen))
