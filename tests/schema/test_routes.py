"""Routes: what each provider on a generation's way is asked stands apart from it, and goes with it."""

from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from pipeline.database import asyncpg_url
from pipeline.egress import Guard
from pipeline.incomplete import complete_incomplete
from pipeline.rights import grant_rights
from pipeline.statements import fetch, statement
from schema.migrations import downgrade, upgrade
from tests.actors.providers import routed
from tests.conftest import READER
from tests.rows import row_of, submit
from tests.schema.jobs import Psql, enqueue

_STOPS = statement("SELECT stops FROM routes WHERE generation_id = :id")


async def stops(engine: AsyncEngine, generation_id: UUID) -> list[dict[str, Any]]:
    """What stands on a generation's way."""
    return [stop for row in await fetch(engine, _STOPS, id=generation_id) for stop in row.stops]


async def test_a_row_with_one_way_has_none(engine: AsyncEngine) -> None:
    generation_id = await submit(engine)
    assert (await row_of(engine, generation_id)).route is None
    assert await stops(engine, generation_id) == []


async def test_a_job_by_sql_has_its_way_worked_out_too(engine: AsyncEngine, psql: Psql) -> None:
    job = await enqueue(psql, {"prompt": "a storm", "seed": 7})
    assert len(await complete_incomplete(engine, Guard(), ["replicate", "fal"])) == 1
    row = await row_of(engine, job)
    assert (row.route, row.provider) == (["replicate", "fal"], "replicate")
    first, second = await stops(engine, job)
    assert (first["provider"], first["input"], first["price"]) == ("replicate", row.input, row.price)
    assert (second["provider"], second["input"]["prompt"], second["input"]["seed"]) == ("fal", "a storm", 7)


async def test_it_goes_with_its_generation(engine: AsyncEngine, psql: Psql) -> None:
    generation_id = await submit(engine, **routed("replicate", "fal"))
    assert len(await stops(engine, generation_id)) == 2
    await psql.execute("DELETE FROM image_generations")
    assert await stops(engine, generation_id) == []


async def test_rows_of_before_keep_their_way_and_their_owners_see_no_change(
    engine: AsyncEngine, database_url: str
) -> None:
    way = routed("fal", "replicate")
    generation_id = await submit(engine, **way)
    single = await submit(engine)
    migrating = create_async_engine(asyncpg_url(database_url))
    await downgrade(migrating, "0013")
    before = await asyncpg.connect(database_url)
    kept = await before.fetch("SELECT id, routes->1->>'provider' AS second FROM image_generations ORDER BY id")
    assert [tuple(row) for row in kept] == [(generation_id, "replicate"), (single, None)]
    await before.close()
    await upgrade(migrating)
    await grant_rights(migrating, engine, READER)
    await migrating.dispose()
    row = await row_of(engine, generation_id)
    assert (row.route, row.version, len(row.timeline)) == (["fal", "replicate"], 1, 1)
    assert await stops(engine, generation_id) == way["stops"]
    assert (await row_of(engine, single)).route is None
