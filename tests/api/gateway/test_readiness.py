"""/readyz when the database takes the question and does not answer it."""

import asyncpg
import pytest

from api import health
from tests.api.conftest import Web


async def test_a_silent_database_is_named_as_one(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.2)
    psql = await asyncpg.connect(web.darkroom.database_url)
    async with psql.transaction(), web.darkroom.client(None) as http:
        await psql.execute("LOCK TABLE lanes IN ACCESS EXCLUSIVE MODE")
        async with http.get("/readyz") as answer:
            checks = (await answer.json())["checks"]
    await psql.close()
    assert (answer.status, checks["database"].startswith("did not answer within")) == (503, True)
