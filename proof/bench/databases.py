"""More databases on the server of a Darkroom that is measured."""

from typing import TypeAlias

import asyncpg
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from pipeline.database import connect_arguments
from schema.migrations import upgrade

_Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def make_database(database_url: str, name: str) -> str:
    """Make one called `name` on the server of `database_url`, with Darkroom's schema; its address for asyncpg."""
    ours = make_url(database_url).set(drivername="postgresql")
    connection: _Connection = await asyncpg.connect(ours.render_as_string(hide_password=False))
    await connection.execute(f'CREATE DATABASE "{name}"')
    await connection.close()
    made = ours.set(database=name)
    engine = create_async_engine(made.set(drivername="postgresql+asyncpg"), connect_args=connect_arguments())
    await upgrade(engine)
    await engine.dispose()
    return made.render_as_string(hide_password=False)
