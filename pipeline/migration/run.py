"""A move from the old design, and the way back: looked at first, then done."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from pipeline.database import asyncpg_url
from pipeline.errors import Invalid
from pipeline.migration.aside import put_back, set_aside
from pipeline.migration.copy import copy
from pipeline.migration.known import SET_ASIDE
from pipeline.migration.plan import Plan, is_migrated, plan
from pipeline.migration.reader import BATCH, Reader
from pipeline.migration.source import Source, complaints, look_at
from pipeline.migration.write_back import Written, write_back
from schema.migrations import upgrade


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[AsyncEngine]:
    """The old database. Raises Invalid when `url` is no address, without its value, which may hold a password."""
    try:
        address = asyncpg_url(url)
    except (ArgumentError, ValueError):
        raise Invalid(
            "database-url", "database-url: must look like postgresql://user:password@host:5432/name"
        ) from None
    # Not as our own connections are: its tables are not ours, and may be read whole.
    settings = {"application_name": "darkroom", "timezone": "UTC"}
    engine = create_async_engine(
        address, isolation_level="AUTOCOMMIT", pool_size=1, hide_parameters=True,
        connect_args={"server_settings": settings, "timeout": 10},
    )  # fmt: skip
    try:
        yield engine
    finally:
        await engine.dispose()


async def source_of(engine: AsyncEngine, origin: AsyncEngine) -> Source:
    """The old tables at `origin`, seen from Darkroom's database."""
    async with origin.connect() as there, engine.connect() as here:
        return await look_at(there, here)


async def look(engine: AsyncEngine, origin: AsyncEngine, left_out: frozenset[str] = frozenset()) -> Plan:
    """What a move would do. Changes nothing."""
    return await plan(engine, origin, await source_of(engine, origin), left_out)


async def move(
    engine: AsyncEngine,
    origin: AsyncEngine,
    planned: Plan,
    left_out: frozenset[str] = frozenset(),
    *,
    progress: Callable[[int], None] = lambda _: None,
    size: int = BATCH,
) -> tuple[int, int]:
    """Do what was planned; how many generations and pictures came. What breaks off is gone on with by another run.

    Raises Invalid when the plan has refusals; then nothing was changed.
    """
    if planned.refusals:
        raise Invalid("source", "; ".join(planned.refusals))
    source = planned.source
    if not source.in_place:
        await upgrade(engine.execution_options(isolation_level="READ COMMITTED"))
    elif not source.is_set_aside:
        await set_aside(engine)
        source = replace(source, schema=SET_ASIDE)
    return await copy(engine, Reader(origin, source, left_out), progress, size)


async def go_back(engine: AsyncEngine, origin: AsyncEngine) -> Written:
    """Write what Darkroom did since into the old tables; after a move in place they are then where they were.

    Raises Invalid when there is no move to take back.
    """
    source = await source_of(engine, origin)
    if source.in_place and not source.is_set_aside:
        raise Invalid("rollback", f"rollback: no tables were set aside here: there is no schema {SET_ASIDE}")
    if broken := complaints(source, frozenset(f"{t}.{c}" for t, cs in source.columns.items() for c in cs)):
        raise Invalid("rollback", "; ".join(broken))
    if not await is_migrated(engine):
        raise Invalid("rollback", "rollback: Darkroom's own database has no tables yet")
    written = await write_back(engine, origin, source)
    if source.in_place:
        await put_back(engine)
    return written
