"""The server that the client's tests talk to."""

from collections.abc import AsyncIterator

import pytest

from api.client import Client
from tests.api.client.scripted_door import KEY, ScriptedDoor


@pytest.fixture
async def door() -> AsyncIterator[ScriptedDoor]:
    """A server of this test's own."""
    async with ScriptedDoor().serving() as door:
        yield door


@pytest.fixture
async def client(door: ScriptedDoor) -> AsyncIterator[Client]:
    """A client for it."""
    async with Client(door.url, KEY, patience=5) as client:
        yield client
