"""How statements are sent: one round trip each, many rows in one JSON parameter."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Row, TextClause, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine


def statement(sql: str) -> TextClause:
    """A prebuilt statement. Made once at import: building it for each call costs more than sending it."""
    return text(sql)


def blames_a_row(error: Exception) -> bool:
    """Whether Postgres refused a value (SQLSTATE classes 22 and 23). An outage blames nobody: retrying is no use."""
    state = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
    return str(state)[:2] in {"22", "23"}


async def fetch(engine: AsyncEngine, sql: TextClause, **parameters: Any) -> Sequence[Row[Any]]:
    """Run one statement that commits by itself, and return its rows."""
    async with engine.connect() as connection:
        result = await connection.execute(sql, parameters)
        return result.all()


async def execute(engine: AsyncEngine, sql: TextClause, **parameters: Any) -> None:
    """Run one statement that commits by itself and returns no rows."""
    async with engine.connect() as connection:
        await connection.execute(sql, parameters)


def as_json(value: Sequence[object] | Mapping[str, object]) -> str:
    """A document, or rows as `jsonb_to_recordset` reads them, as JSON text: any number of rows is one parameter."""
    # str is for asyncpg's own UUIDs.
    return orjson.dumps(value, default=str).decode()
