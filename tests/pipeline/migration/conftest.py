"""An old database beside Darkroom's own, and one in which Darkroom is to move in."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.database import open_engine
from pipeline.embedded.stack import Stack
from pipeline.migration.run import look, move, opened
from tests.conftest import _NUMBERS, _run_sql, database_of, settings_at
from tests.pipeline.migration.old_design import build


@dataclass(frozen=True)
class Old:
    """A database of the old design, and Darkroom's."""

    url: str
    engine: AsyncEngine
    """Darkroom's."""

    async def sql(self, statement: str, *arguments: object) -> list[Any]:
        """Run a statement there."""
        connection = await asyncpg.connect(self.url)
        try:
            rows: list[Any] = await connection.fetch(statement, *arguments)
            return rows
        finally:
            await connection.close()

    async def generation(self, status: str, **columns: object) -> UUID:
        """A generation there."""
        given = {"prompt": "a storm", "model": "black-forest-labs/flux-schnell", "status": status, **columns}
        marks = ", ".join(f"${n}" for n in range(1, len(given) + 1))
        sql = f"INSERT INTO image_generations ({', '.join(given)}) VALUES ({marks}) RETURNING id"
        made: UUID = (await self.sql(sql, *given.values()))[0]["id"]
        return made

    async def job(self, generation_id: UUID, status: str = "pending", **columns: object) -> UUID:
        """A job there, for that generation."""
        sql = "SELECT enqueue_job('process-generation', jsonb_build_object('generation_id', $1::uuid))"
        job: UUID = (await self.sql(sql, generation_id))[0][0]
        changed = "".join(f", {name} = ${n}" for n, name in enumerate(columns, 3))
        await self.sql(f"UPDATE job_queue SET status = $2{changed} WHERE id = $1", job, status, *columns.values())
        return job

    async def move(self, *left_out: str, size: int = 1_000) -> tuple[int, int]:
        """The whole move, as the command does it."""
        async with opened(self.url) as origin:
            planned = await look(self.engine, origin, frozenset(left_out))
            return await move(self.engine, origin, planned, frozenset(left_out), size=size)

    async def look(self, *left_out: str) -> dict[str, Any]:
        """What a move would do."""
        async with opened(self.url) as origin:
            return (await look(self.engine, origin, frozenset(left_out))).as_document()


@pytest.fixture
async def old_url(servers: Stack) -> AsyncIterator[str]:
    """The address of a database of the old design, with nothing in it."""
    name, url = f"old_{next(_NUMBERS)}", servers.env["MIGRATION_DATABASE_URL"]
    await _run_sql(url, f"CREATE DATABASE {name}")
    await build(database_of(url, name))
    yield database_of(url, name)
    await _run_sql(url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def old(old_url: str, engine: AsyncEngine) -> Old:
    """An old database beside Darkroom's."""
    return Old(old_url, engine)


@pytest.fixture
async def in_place(old_url: str, tmp_path: Path) -> AsyncIterator[Old]:
    """An old database that is Darkroom's own."""
    engine = open_engine(settings_at(tmp_path, database_url=old_url))
    yield Old(old_url, engine)
    await engine.dispose()
