"""A whole Darkroom under test, and somebody who uses it over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import asyncpg

from pipeline.api_keys import key_hash, new_key
from pipeline.ids import new_id
from pipeline.providers.painter.token import TOKEN_FILE


@dataclass(frozen=True)
class Darkroom:
    """Where it is, and what its operator knows."""

    url: str
    home: Path
    database_url: str
    painter_url: str

    @property
    def service_key(self) -> str:
        """The development key that `make up` writes down."""
        return (self.home / "api-key").read_text().strip()

    @property
    def painter_headers(self) -> dict[str, str]:
        """What its painter asks for."""
        return {"Authorization": f"Bearer {(self.home / 'painter' / TOKEN_FILE).read_text()}"}

    async def execute(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """Run SQL as a person in psql would: without Darkroom's connection setting."""
        return await self._execute(sql, arguments, {})

    async def execute_as_ours(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """Run SQL as Darkroom's own processes do: a test moves a clock, and it is no change by hand."""
        return await self._execute(sql, arguments, {"darkroom.app": "on"})

    async def _execute(self, sql: str, arguments: tuple[object, ...], settings: dict[str, str]) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.database_url, server_settings=settings)
        try:
            rows: list[asyncpg.Record] = await connection.fetch(sql, *arguments)
            return rows
        finally:
            await connection.close()

    @asynccontextmanager
    async def user(self, role: str = "user") -> "AsyncIterator[User]":
        """Somebody new, with a key of their own."""
        name, key = f"user-{uuid4()}", new_key()
        await self.execute(
            "INSERT INTO api_keys (id, key_hash, name, user_id, role) VALUES ($1, $2, $3, $3, $4)",
            new_id(),
            key_hash(key),
            name,
            role,
        )
        async with self.client(key) as session:
            yield User(self, name, key, session)

    @asynccontextmanager
    async def client(self, key: str | None) -> AsyncIterator[aiohttp.ClientSession]:
        """An HTTP client that sends `key` with everything."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with aiohttp.ClientSession(self.url, headers=headers) as session:
            yield session


@dataclass(frozen=True)
class User:
    """A user with a key."""

    darkroom: Darkroom
    id: str
    key: str
    http: aiohttp.ClientSession

    async def submit(self, **body: Any) -> dict[str, Any]:
        """POST a generation; its resource."""
        async with self.http.post("/v1/generations", json={"prompt": "a lighthouse", **body}) as answer:
            assert answer.status == 202, await answer.text()
            resource: dict[str, Any] = await answer.json()
            return resource

    async def rows(self) -> int:
        """How many generations are this user's in the database."""
        sql = "SELECT count(*) FROM image_generations WHERE user_id = $1"
        count: int = (await self.darkroom.execute(sql, self.id))[0][0]
        return count
