"""What no reader could take is refused when it is written by hand, with the column and the limit."""

import json
from collections.abc import AsyncIterator
from typing import TypeAlias

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from pipeline.database import asyncpg_url
from pipeline.read import list_generations
from schema.migrations import downgrade, upgrade
from tests.rows import row_of, submit
from tests.schema.test_input_limits import nested

Psql: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
INSERT = "INSERT INTO image_generations (prompt, {column}) VALUES ('p', {value})"


@pytest.fixture
async def psql(database_url: str) -> AsyncIterator[Psql]:
    """Somebody in psql."""
    connection: Psql = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


REFUSED = [
    ("metadata", f"'{json.dumps(nested(33))}'", "metadata: must be nested at most 32 levels deep"),
    ("metadata", f"'{json.dumps({'a': nested(300)})}'", "metadata: must be nested at most 32 levels deep"),
    ("metadata", "'[1]'", "metadata: must be a JSON object"),
    ("metadata", "'{\"a\": 1e400}'", "metadata: has a number that neither"),
    ("metadata", "'{\"a\": 18446744073709551616}'", "metadata: has a number that neither"),
    ("metadata", "jsonb_build_object('a', repeat('x', 300000))", "metadata: must be at most 262144 bytes"),
    ("payload", f"'{json.dumps({'a': nested(33)})}'", "payload: must be nested at most 33 levels deep"),
    ("prediction", '\'{"output": "x"}\'', "prediction.output: must be a JSON array"),
    ("timeline", "'5'", "timeline: must be a JSON array"),
    ("deadline", "'infinity'", "deadline: must lie in the years 1 to 9999"),
    ("deadline", "'9999-12-31 23:59:59-01'", "deadline: must lie in the years 1 to 9999"),
    ("due_at", "'10000-01-01'", "due_at: must lie in the years 1 to 9999"),
    ("created_at", "'0044-03-15 BC'", "created_at: must lie in the years 1 to 9999"),
    ("user_id", "repeat('x', 256)", "user_id: must be at most 255 characters"),
    ("attempt_number", "32767", "attempt_number: must be 0 to 30000"),
    ("fence", "9223372036854775807", "fence: must be 0 to "),
    ("turn", "9223372036854775807", "turn: must be -"),
    ("cost", "1e400", "cost: must be -1000000000 to 1000000000"),
    ("cost", "'NaN'", "cost: must be -1000000000 to 1000000000"),
    ("price", '\'{"picture": "abc"}\'', "price.picture: must be a number of 0 to 1000000"),
    ("price", '\'{"second": {"a": 1}}\'', "price.second: must be a number of 0 to 1000000"),
    ("price", "'{\"picture\": 1e400}'", "price.picture: must be a number of 0 to 1000000"),
    ("price", "'{\"picture\": 1e-400}'", "price: has a number that neither"),
    ("past_predictions", "ARRAY[NULL, 'p']::text[]", "past_predictions: must not contain NULL"),
]


@pytest.mark.parametrize(("column", "value", "limit"), REFUSED, ids=[f"{one[0]} {n}" for n, one in enumerate(REFUSED)])
async def test_refused_by_column_and_limit(
    engine: AsyncEngine, psql: Psql, column: str, value: str, limit: str
) -> None:
    if column != "timeline":  # an insert begins it
        with pytest.raises(asyncpg.PostgresError, match=limit):
            await psql.execute(INSERT.format(column=column, value=value))
    generation_id = await submit(engine)
    with pytest.raises(asyncpg.PostgresError, match=limit):
        await psql.execute(f"UPDATE image_generations SET {column} = {value} WHERE id = $1", generation_id)


async def test_a_cost_closer_to_zero_than_a_double_hides_no_neighbour(engine: AsyncEngine, psql: Psql) -> None:
    ids = [await submit(engine) for _ in range(2)]
    await psql.execute(f"UPDATE image_generations SET cost = 1e-400, estimated_cost = 1e-400 WHERE id = '{ids[0]}'")
    rows = await list_generations(engine, user_id=None, most=10)
    assert {row.id: row.cost for row in rows} == {ids[0]: 0, ids[1]: None}


@pytest.mark.parametrize("inside", [json.dumps(nested(33)), "1e400"], ids=["deep", "beyond a double"])
async def test_a_job_with_such_a_payload_is_refused(psql: Psql, inside: str) -> None:
    payload = f'{{"prompt": "p", "mine": {inside}}}'
    for sql in (
        "SELECT enqueue_job('generate-image', $1::text::jsonb)",
        "INSERT INTO job_queue (job_type, payload, status, attempt_number)"
        " VALUES ('generate-image', $1::text::jsonb, 'pending', 0)",
    ):
        with pytest.raises(asyncpg.PostgresError, match="payload: "):
            await psql.execute(sql, payload)


async def test_the_migration_mends_what_was_written_before_there_were_limits(
    engine: AsyncEngine, database_url: str, psql: Psql
) -> None:
    generation_id, beside = await submit(engine), await submit(engine, metadata={"a": 1})
    migrating = create_async_engine(asyncpg_url(database_url))
    await downgrade(migrating, "0017")
    # Its connections know statements about the columns of before.
    await engine.dispose()
    await psql.execute("SET darkroom.app = 'on'")
    await psql.execute(
        "UPDATE image_generations SET deadline = 'infinity', created_at = '0044-03-15 BC', due_at = '10000-01-01',"
        " attempts_before = 32767, attempt_number = 32767, cost = 'NaN' WHERE id = $1",
        generation_id,
    )
    before = await row_of(engine, beside)
    await upgrade(migrating)
    await migrating.dispose()
    await engine.dispose()
    row = await row_of(engine, generation_id)
    assert (row.deadline.year, row.due_at.year, row.created_at.year) == (9999, 9999, 1)
    assert (row.attempt_number, row.attempts_before, row.cost) == (30_000, 30_000, None)
    assert await row_of(engine, beside) == before
