"""Postgres: the engine, and the settings every connection of ours carries."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeAlias

import asyncpg
from sqlalchemy import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from pipeline.errors import Unreachable
from pipeline.reader import TAKE_READER_ON
from pipeline.settings import Settings
from schema.input_limits.stored import read_stored

Connect: TypeAlias = Callable[..., Awaitable["asyncpg.Connection[asyncpg.Record]"]]

SERVER_SETTINGS = {
    # Set at connect, not by SET: a pool's RESET ALL would wipe it, and our own writes would look hand-made.
    "darkroom.app": "on",
    "application_name": "darkroom",
    "jit": "off",
    "timezone": "UTC",
    # Every statement of ours finds its rows by key. One plan, made once, whatever the statistics of a young table say:
    # else a plan for an empty table would go on reading the whole of a full one.
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}


def database_url(settings: Settings) -> URL:
    """Where Postgres is, for asyncpg. Raises Unreachable when no database is named."""
    if settings.database_url is None:
        raise Unreachable("DATABASE_URL is not set. Start with `make up`, or name a Postgres 15 or newer in it.")
    return asyncpg_url(settings.database_url)


def migration_url(settings: Settings) -> URL:
    """Where Postgres is for the tables' owner: MIGRATION_DATABASE_URL, else as `database_url`, which it raises as."""
    return asyncpg_url(settings.migration_database_url) if settings.migration_database_url else database_url(settings)


def asyncpg_url(address: str) -> URL:
    """A Postgres address in any common spelling, for SQLAlchemy's asyncpg dialect (`sslmode` becomes `ssl`)."""
    url = make_url(address).set(drivername="postgresql+asyncpg")
    if "sslmode" in url.query:
        sslmode = url.query["sslmode"]
        url = url.difference_update_query(["sslmode"]).update_query_dict({"ssl": sslmode})
    return url


READING = {
    "application_name": "darkroom-reading",
    # What comes in here writes nothing, whatever it may have been made to say.
    "default_transaction_read_only": "on",
    "statement_timeout": "5s",
    "idle_in_transaction_session_timeout": "10s",
}
"""For what others ask in words of their own: it may find no plan that is quick."""
READING_CONNECTIONS = 6


def open_reading_engine(settings: Settings) -> AsyncEngine:
    """An engine for questions that are not ours: apart from the pipeline's own, read only, and none of them long.

    Each of its connections takes the reader on, which may select nothing but what is shown, where there is one.
    """
    return open_engine(
        settings, pool_size=READING_CONNECTIONS, connect=partial(_connect_as_reader, settings.reader_role), **READING
    )


async def _connect_as_reader(reader: str | None, *args: Any, **given: Any) -> "asyncpg.Connection[asyncpg.Record]":
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(*args, **given)
    try:
        await connection.fetchval(TAKE_READER_ON, reader)
    except BaseException:
        connection.terminate()
        raise
    return connection


def open_engine(
    settings: Settings, *, pool_size: int = 16, connect: Connect | None = None, **server_settings: str
) -> AsyncEngine:
    """An engine whose statements commit by themselves: a transition is one statement, so it needs one round trip.

    Made inside the loop that uses it, once a process. `pool_size` counts statements under way at the same time, not
    jobs: no connection is held across a wait for a provider or the store. `connect` makes a connection instead of
    asyncpg's own.
    """
    arguments = connect_arguments(**server_settings)
    if connect is not None:
        arguments["async_creator_fn"] = connect
    return create_async_engine(
        database_url(settings),
        isolation_level="AUTOCOMMIT",
        pool_size=pool_size,
        # No overflow: its connections would be closed when they come back, and opened again, all the time.
        max_overflow=0,
        # The hottest first: a few connections that know every statement serve better than all in turn.
        pool_use_lifo=True,
        pool_timeout=10,
        json_deserializer=read_stored,
        # Errors are logged, and parameters are prompts, keys and addresses.
        hide_parameters=True,
        connect_args=arguments,
    )


def connect_arguments(**server_settings: str) -> dict[str, Any]:
    """What asyncpg needs for every connection of ours, pooled or dedicated; with settings of its own, if any."""
    return {"server_settings": {**SERVER_SETTINGS, **server_settings}, "timeout": 10, "command_timeout": 30}
