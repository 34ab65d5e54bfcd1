"""Somebody at the database itself."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.schema.jobs import Psql


@pytest.fixture
async def psql(database_url: str) -> AsyncIterator[Psql]:
    """A person in psql, or an external worker."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()
