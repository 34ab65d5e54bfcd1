"""Plans of our statements, prepared as asyncpg is sent them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import TextClause
from sqlalchemy.dialects.postgresql.asyncpg import dialect

DIALECT = dialect()  # type: ignore[no-untyped-call]  # so in SQLAlchemy


async def plan_of(
    connection: "asyncpg.Connection[asyncpg.Record]", sql: TextClause, values: Mapping[str, Any] | None = None
) -> list[str]:
    """The lines of a statement's generic plan, for parameters of the kinds of `values`, or of any."""
    known = {name: values[name] for name in sql._bindparams} if values is not None else {}
    compiled = sql.bindparams(**known).compile(dialect=DIALECT)
    assert compiled.positiontup is not None
    await connection.execute(f"PREPARE planned AS {compiled}")
    arguments = ", ".join(literal(known.get(name)) for name in compiled.positiontup)
    plan = await connection.fetch(f"EXPLAIN EXECUTE planned {arguments and f'({arguments})'}")
    await connection.execute("DEALLOCATE planned")
    return [line[0] for line in plan]


def literal(value: object) -> str:
    """A value as SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'"
    return f"'{value}'" if isinstance(value, str | UUID | datetime) else str(value)
