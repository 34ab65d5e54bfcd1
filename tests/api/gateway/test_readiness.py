"""/readyz when the database is silent, and when many ask it."""

import asyncio

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api import readiness
from api.readiness import PartChecks, Parts
from pipeline.settings import Settings
from pipeline.stores import open_store
from tests.api.conftest import Web
from tests.statements import Statements


async def test_a_silent_database_is_named_as_one(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "CHECK_SECONDS", 0.2)
    psql = await asyncpg.connect(web.darkroom.database_url)
    async with psql.transaction(), web.darkroom.client(None) as http:
        await psql.execute("LOCK TABLE lanes IN ACCESS EXCLUSIVE MODE")
        async with http.get("/readyz") as answer:
            checks = (await answer.json())["checks"]
    await psql.close()
    assert (answer.status, checks["database"].startswith("did not answer within")) == (503, True)


async def test_who_asks_together_shares_a_look_and_who_asks_soon_after_its_outcome(
    engine: AsyncEngine, settings: Settings
) -> None:
    async with open_store(settings) as store:
        checks, statements = PartChecks(engine, store, fresh_seconds=600), Statements(engine)
        found = await asyncio.gather(*(checks.look() for _ in range(200)))
        found += [await checks.look() for _ in range(200)]
    assert set(found) == {Parts("ok", "ok")}
    assert statements.count == 1


async def test_what_was_found_is_not_answered_with_for_ever(engine: AsyncEngine, settings: Settings) -> None:
    async with open_store(settings) as store:
        checks, statements = PartChecks(engine, store, fresh_seconds=0), Statements(engine)
        assert await checks.look() == await checks.look() == Parts("ok", "ok")
        await engine.dispose()
        assert (await checks.look()).database == "ok"
    assert statements.count == 3
    assert readiness.FRESH_SECONDS == 1.0


async def test_who_stops_asking_takes_the_look_from_nobody(engine: AsyncEngine, settings: Settings) -> None:
    async with open_store(settings) as store:
        checks = PartChecks(engine, store)
        first, second = asyncio.create_task(checks.look()), asyncio.create_task(checks.look())
        await asyncio.sleep(0)
        first.cancel()
        assert await second == Parts("ok", "ok")


async def test_a_flood_of_probes_costs_a_look_or_two(web: Web) -> None:
    statements = Statements(web.state.engine)
    async with web.darkroom.client(None) as http:

        async def probe() -> int:
            async with http.get("/readyz") as answer:
                return answer.status

        assert set(await asyncio.gather(*(probe() for _ in range(300)))) == {200}
    assert statements.count < 150
