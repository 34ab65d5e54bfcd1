"""Every hot statement walks its index, also under a generic plan: a bound status would read the finished millions."""

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import TextClause
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline import (
    advance,
    api_keys,
    batch,
    callback,
    cancel,
    claim,
    feed,
    idempotency,
    leftovers,
    outputs,
    percent,
    purchase,
    queue,
    read,
    retry,
    sweep,
    waiting,
)
from pipeline.database import SERVER_SETTINGS
from schema.migrations.migrate import statements

FINISHED = 20_000
_FILL = f"""
    INSERT INTO image_generations (id, prompt, model, model_id, status, user_id, replicate_prediction_id)
    SELECT gen_random_uuid(), 'p', 'm/m', 'm/m', 'completed', 'user-' || n % 100, 'p' || n
    FROM generate_series(1, {FINISHED}) AS n
"""
_FILL_KEYS = f"""
    INSERT INTO idempotency_keys (user_id, key, body_hash, generation_id)
    SELECT 'user-' || n % 100, 'k' || n, '', gen_random_uuid() FROM generate_series(1, {FINISHED}) AS n
"""
HOT: dict[str, TextClause] = {
    "claim downloads": claim._CLAIM_DOWNLOADS,
    "record": purchase._RECORD,
    "surplus": purchase._SURPLUS,
    "callback": callback._COMMIT,
    "finish": outputs._FINISH,
    "renew": outputs._RENEW,
    "by id": read._BY_ID,
    "collect": advance._COLLECT,
    "promote": sweep._PROMOTE,
    "bells": sweep._WAITING,
    "overdue": sweep._OVERDUE,
    "expire": sweep._EXPIRE,
    "running": cancel._CLAIM_RUNNING,
    "queue": queue._QUEUE,
    "unfinished": read._UNFINISHED,
    "changed": feed._CHANGED,
    "missed": feed._MISSED,
    "batch": read._BATCH,
    "submit once": idempotency._SUBMIT,
    "percent": percent._SET,
    "paces": waiting._PACES,
    "standing": waiting._STANDING,
    "positions": waiting._POSITIONS,
    "lanes": waiting._LANES,
    "cancel batch": cancel._CANCEL_BATCH,
    "retry batch": retry._RETRY_BATCH[0],
    "retry unstored of batch": retry._RETRY_BATCH[1],
    "read batch": batch._READ,
    "leftovers": leftovers._LEFTOVERS,
    "hold": leftovers._HOLD,
}
ELSEWHERE: dict[str, tuple[str, TextClause]] = {
    "submit once": ("idempotency_keys", idempotency._SUBMIT),
    "stored key": ("idempotency_keys", idempotency._STORED),
    "forget keys": ("idempotency_keys", idempotency._FORGET),
    "leftovers": ("images", leftovers._LEFTOVERS),
    "named": ("images", leftovers._NAMED),
    "find key": ("api_keys", api_keys._FIND),
    "standing keys": ("api_keys", api_keys._STANDING),
}
"""Hot statements on other tables."""
DIALECT = dialect()  # type: ignore[no-untyped-call]  # so in SQLAlchemy
VALUES: dict[str, Any] = {
    "provider": "replicate",
    "rows": "[]",
    "ids": "[]",
    "most": 10,
    "cap": 10,
    "lease": 30.0,
    "look": 30.0,
    "id": UUID(int=0),
    "prediction_id": "p1",
    "everyone": False,
    "batch_id": "00000000-0000-0000-0000-000000000002",
    "user_id": "user-1",
    "since": "18446744073709551615",
    "key": "k1",
    "body_hash": b"h",
    "key_hash": b"h",
    "made_id": "00000000-0000-0000-0000-000000000001",
}


def prepared(sql: TextClause) -> tuple[str, list[str]]:
    """The statement as asyncpg is sent it, and its parameters' names in order."""
    known = {name: VALUES[name] for name in sql._bindparams}
    compiled = sql.bindparams(**known).compile(dialect=DIALECT)
    assert compiled.positiontup is not None
    return str(compiled), list(compiled.positiontup)


async def plan_of(connection: "asyncpg.Connection[asyncpg.Record]", name: str, sql: TextClause) -> str:
    """The generic plan of a statement."""
    text, names = prepared(sql)
    await connection.execute(f'PREPARE "{name}" AS {text}')
    arguments = ", ".join(literal(VALUES[parameter]) for parameter in names)
    plan = await connection.fetch(f'EXPLAIN EXECUTE "{name}" {arguments and f"({arguments})"}')
    return "\n".join(line[0] for line in plan)


@pytest.fixture(params=["full", "young"])
async def connection(
    request: pytest.FixtureRequest, engine: AsyncEngine, database_url: str
) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    """One of our connections, on a table with many finished rows or on one that is empty yet."""
    opened = await asyncpg.connect(database_url, server_settings=SERVER_SETTINGS)
    assert await opened.fetchval("SHOW plan_cache_mode") == "force_generic_plan"
    if request.param == "full":
        await opened.execute(_FILL)
        await opened.execute(_FILL_KEYS)
        await opened.execute("ANALYZE")
    yield opened
    await opened.close()


async def test_every_hot_statement_finds_its_rows_by_an_index(
    connection: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    """Also by a plan that was made for an empty table, and is kept while it fills."""
    for name, sql in HOT.items():
        lines = await plan_of(connection, name, sql)
        assert not re.search(r"Seq Scan on image_generations|Hash .*Join|Merge Join", lines), f"{name}:\n{lines}"
        assert "image_generations" in lines


async def test_the_other_tables_are_read_by_their_indexes_too(
    connection: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    for name, (table, sql) in ELSEWHERE.items():
        lines = await plan_of(connection, name, sql)
        assert not re.search(rf"Seq Scan on {table}|Hash .*Join|Merge Join", lines), f"{name}:\n{lines}"
        assert re.search(rf"{table}_\w+_(key|idx)|{table}_pkey", lines), f"{name}:\n{lines}"


async def test_the_claim_finds_its_rows_by_an_index_too(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """It is planned inside a function, so its statement is taken from there, the variables as parameters."""
    inner = statements("claim").partition("RETURN QUERY")[2].partition(";")[0]
    for number, variable in enumerate(("lane", "room", "held.cap", "lease"), start=1):
        inner, found = re.subn(rf"\b{re.escape(variable)}\b", f"${number}", inner)
        assert found, variable
    await connection.execute(f"PREPARE claim(text, integer, integer, double precision) AS {inner}")
    plan = "\n".join(line[0] for line in await connection.fetch("EXPLAIN EXECUTE claim ('replicate', 10, 10, 30.0)"))
    assert not re.search(r"Seq Scan on image_generations|Hash .*Join|Merge Join", plan), plan
    assert "image_generations_claim_idx" in plan


@pytest.mark.parametrize("connection", ["full"], indirect=True)
async def test_the_check_sees_a_bound_status(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    await connection.execute("SET enable_seqscan = on")
    await connection.execute(
        "PREPARE bound(text) AS SELECT id FROM image_generations WHERE status = $1 ORDER BY priority DESC LIMIT 10"
    )
    plan = await connection.fetch("EXPLAIN EXECUTE bound ('queued')")
    assert any("Seq Scan on image_generations" in line[0] for line in plan)


def literal(value: object) -> str:
    """A value as SQL."""
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'"
    return f"'{value}'" if isinstance(value, str | UUID) else str(value)
