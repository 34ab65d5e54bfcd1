"""Calls the old guide's functions as an external worker does."""

from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
import orjson

Psql: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def enqueue(psql: Psql, payload: dict[str, Any], job_type: str = "generate-image", *more: int) -> UUID:
    """A job by the guide's function."""
    marks = "".join(f", ${3 + n}" for n in range(len(more)))
    job: UUID = await psql.fetchval(
        f"SELECT enqueue_job($1, $2{marks})", job_type, orjson.dumps(payload).decode(), *more
    )
    return job


async def claim(psql: Psql) -> "asyncpg.Record | None":
    """What the guide's function hands out."""
    return await psql.fetchrow("SELECT * FROM claim_next_job()")


async def complete(psql: Psql, job: UUID, result: dict[str, Any] | None = None, error: str | None = None) -> None:
    """The guide's function."""
    await psql.execute("SELECT complete_job($1, $2, $3)", job, result and orjson.dumps(result).decode(), error)
