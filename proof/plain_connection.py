"""A plain connection to the database, as a stranger's or a person's in psql: nothing of Darkroom's settings."""

import asyncpg

AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)
"""What a database that was just killed, or is starting again, raises."""


async def connect(database_url: str) -> "asyncpg.Connection[asyncpg.Record]":
    """A fresh connection; whoever has it ends it. Raises one of AWAY."""
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(database_url, timeout=5, command_timeout=30)
    return connection


async def fetch(database_url: str, sql: str, *arguments: object) -> list["asyncpg.Record"]:
    """Run one statement over a fresh connection. Raises one of AWAY."""
    connection = await connect(database_url)
    try:
        rows: list[asyncpg.Record] = await connection.fetch(sql, *arguments)
        return rows
    finally:
        # Not close(): it would wait for a server that is gone.
        connection.terminate()
