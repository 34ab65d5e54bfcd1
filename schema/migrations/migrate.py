"""Brings a database's schema up or down. Safe to run from several machines at once: an advisory lock orders them."""

from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

_LOCK = 0x6461726B726F6F6D
"""Advisory lock key: `darkroom` in ASCII."""


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _locked(connection: Connection) -> Config:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    return _config(connection)


def _upgrade(connection: Connection, revision: str) -> None:
    command.upgrade(_locked(connection), revision)
    connection.execute(text(statements("close_to_public")))


def _downgrade(connection: Connection, revision: str) -> None:
    command.downgrade(_locked(connection), revision)
    connection.execute(text(statements("close_to_public")))


async def upgrade(engine: AsyncEngine, revision: str = "head") -> None:
    """Bring the schema up to `revision`, in one transaction: a failing migration leaves nothing behind."""
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade, revision)


async def upgrade_within(connection: AsyncConnection) -> None:
    """Bring the schema up to its head inside a transaction of the caller's: it all stands with what else is in it."""
    await connection.run_sync(_upgrade, "head")


async def downgrade(engine: AsyncEngine, revision: str = "base") -> None:
    """Take the schema down to `revision`, in one transaction."""
    async with engine.begin() as connection:
        await connection.run_sync(_downgrade, revision)


def statements(name: str) -> str:
    """The text of `schema/sql/<name>.sql`."""
    return files("schema").joinpath("sql", f"{name}.sql").read_text()
