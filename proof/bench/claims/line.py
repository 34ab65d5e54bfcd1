"""A line to claim from, in a database of its own."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.claim import claim_queued
from pipeline.database import open_engine
from pipeline.settings import Settings
from pipeline.statements import as_json, execute, fetch, statement
from proof.bench.databases import make_database
from proof.bench.failure import BenchFailed

LANE = "replicate"
CAP = 1_000
LEASE_SECONDS = 3_600.0
MODEL = "black-forest-labs/flux-schnell"
CHUNK = 20_000
"""Rows a statement, so that none takes longer than the pipeline's own may."""

_LANE = statement("INSERT INTO lanes (provider, cap) VALUES (:lane, :cap)")
_FINISHED = statement(f"""
    INSERT INTO image_generations (id, user_id, prompt, model, model_id, status, completed_at, replicate_prediction_id)
    SELECT gen_random_uuid(), 'user-' || n % 10000, 'a lighthouse', '{MODEL}', '{MODEL}', 'completed', now(), 'p' || n
    FROM generate_series(CAST(:first AS integer), CAST(:last AS integer)) AS n
""")
_QUEUED = statement(f"""
    INSERT INTO image_generations (id, user_id, prompt, model, model_id, status)
    SELECT gen_random_uuid(), CAST(:user AS text) || n % :users, 'a lighthouse', '{MODEL}', '{MODEL}', 'queued'
    FROM generate_series(CAST(:first AS integer), CAST(:last AS integer)) AS n
""")
_FINISH = statement("""
    UPDATE image_generations SET status = 'completed', due_at = NULL, completed_at = now()
    WHERE id IN (SELECT CAST(one.id AS uuid) FROM jsonb_array_elements_text(CAST(:ids AS jsonb)) AS one(id))
    RETURNING id
""")
_VACUUM = statement("VACUUM ANALYZE")


class Line:
    """One database, one provider's lane."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine

    async def finished(self, number: int) -> None:
        """So many that were developed long ago, of 10,000 users."""
        for first in range(0, number, CHUNK):
            await execute(self.engine, _FINISHED, first=first, last=min(number, first + CHUNK) - 1)

    async def queue(self, number: int, users: int, user: str = "user-") -> None:
        """So many that wait, of so many users."""
        for first in range(0, number, CHUNK):
            last = min(number, first + CHUNK) - 1
            await execute(self.engine, _QUEUED, first=first, last=last, users=users, user=user)

    async def settle(self) -> None:
        """Vacuum and count, as a database at work does by itself."""
        await execute(self.engine, _VACUUM)

    async def claim(self, most: int = 1) -> tuple[list[Any], float]:
        """The next claim: its ids, and how long it took in seconds. Raises BenchFailed when it brings nothing."""
        begun = time.perf_counter()
        rows = await claim_queued(self.engine, {LANE: most}, LEASE_SECONDS)
        took = time.perf_counter() - begun
        if not rows:
            raise BenchFailed("a claim brought nothing, though somebody waits")
        return [row.id for row in rows], took

    async def finish(self, ids: list[Any]) -> None:
        """They are developed."""
        await fetch(self.engine, _FINISH, ids=as_json([str(id_) for id_ in ids]))

    async def served(self) -> float:
        """One claim of one row, which is developed then; how long the claim took in seconds."""
        ids, took = await self.claim()
        await self.finish(ids)
        return took

    async def churn(self, number: int) -> None:
        """Claim and develop at least so many, by handfuls."""
        while number > 0:
            ids, _ = await self.claim(50)
            await self.finish(ids)
            number -= len(ids)

    @asynccontextmanager
    async def snapshot_held(self) -> AsyncIterator[None]:
        """Hold a snapshot open, as a dump does: nothing that dies meanwhile can be cleared away."""
        async with self.engine.connect() as dump:
            await dump.execution_options(isolation_level="REPEATABLE READ")
            async with dump.begin():
                await dump.execute(statement("SELECT count(*) FROM lanes"))
                yield


@asynccontextmanager
async def line(server_url: str, home: Path, name: str) -> AsyncIterator[Line]:
    """A new, empty one, in the database `name` on the server of `server_url`."""
    url = await make_database(server_url, name)
    settings = Settings.model_validate({"DARKROOM_HOME": home, "database_url": url})
    engine = open_engine(settings, pool_size=2)
    try:
        await execute(engine, _LANE, lane=LANE, cap=CAP)
        yield Line(engine)
    finally:
        await engine.dispose()
