"""A sign-in server for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.api.auth.jwks_server import JwksServer


@pytest.fixture
async def jwks() -> AsyncIterator[JwksServer]:
    """A JWKS address without keys."""
    async with JwksServer().serving() as server:
        yield server
