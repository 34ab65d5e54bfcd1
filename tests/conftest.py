"""The real parts that tests stand on: one Postgres and one Valkey a session, a fresh database for each test."""

import asyncio
import io
import itertools
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from pipeline.database import asyncpg_url, open_engine
from pipeline.embedded.background import BackgroundStack
from pipeline.embedded.cluster import USER
from pipeline.embedded.ports import any_free_port
from pipeline.embedded.postgres import LOGIN
from pipeline.embedded.procfile import CHECKOUT, Procfile
from pipeline.embedded.stack import Stack
from pipeline.embedded.voice import Voice
from pipeline.rights import grant_rights
from pipeline.settings import Settings
from pipeline.settings.painter import PainterSettings
from pipeline.statements import fetch, statement
from schema.migrations import upgrade
from tests.api.auth.minting import SECRET
from tests.darkroom import Darkroom

pytest_plugins = ["tests.spreading", "tests.swift.fixture"]

_NUMBERS = itertools.count(1)
READER = "darkroom_reader"
"""One for all the databases that are made from the template: they have its grants."""


def settings_at(home: Path, **given: object) -> Settings:
    """Settings of this test alone: neither `.env` nor a service of the machine's gets in."""
    nowhere = dict.fromkeys(
        ("database_url", "migration_database_url", "redis_url", "s3_bucket", "public_url", "fal_key", "openai_api_key")
    )
    return Settings.model_validate({"DARKROOM_HOME": home, "port": any_free_port(), **nowhere, **given})


@pytest.fixture(scope="session")
def servers() -> Iterator[Stack]:
    """A running Postgres and Valkey; their addresses are in its `env`."""
    with tempfile.TemporaryDirectory(prefix="dr-") as home:
        stack = Stack(
            settings_at(Path(home)),
            procfile=Procfile(CHECKOUT, None, {}),
            painter=PainterSettings(),
            voice=Voice(io.StringIO()),
        )
        with BackgroundStack(stack):
            yield stack


async def _run_sql(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def _migrate(url: str) -> None:
    owner, login = create_async_engine(asyncpg_url(url)), create_async_engine(asyncpg_url(login_of(url)))
    await upgrade(owner)
    await grant_rights(owner, login, READER)
    await owner.dispose()
    await login.dispose()


def database_of(url: str, name: str) -> str:
    """The address of another database on the same server."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def login_of(url: str) -> str:
    """The address as the processes have it: of the login that owns nothing."""
    return make_url(url).set(username=LOGIN).render_as_string(hide_password=False)


def owner_of(url: str) -> str:
    """The address as a person in psql has it: of the tables' owner."""
    return make_url(url).set(username=USER).render_as_string(hide_password=False)


def create_database(servers: Stack, name: str) -> str:
    """The address of a new, empty database, for its owner."""
    url = servers.env["MIGRATION_DATABASE_URL"]
    asyncio.run(_run_sql(url, f"CREATE DATABASE {name}"))
    return database_of(url, name)


@pytest.fixture(scope="session")
def template_url(servers: Stack) -> str:
    """The address of a migrated, empty database that nobody connects to."""
    template = create_database(servers, "template_darkroom")
    asyncio.run(_migrate(template))
    return template


@asynccontextmanager
async def temporary_database(servers: Stack) -> AsyncIterator[str]:
    """A copy of the migrated template (see `template_url`), which has to be there; its address."""
    name = f"test_{next(_NUMBERS)}"
    url = servers.env["MIGRATION_DATABASE_URL"]
    await _run_sql(url, f"CREATE DATABASE {name} TEMPLATE template_darkroom")
    yield database_of(url, name)
    await _run_sql(url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database_url(servers: Stack, template_url: str) -> AsyncIterator[str]:
    """A migrated database of this test's own. Tests commit in it: without a commit nothing is ever notified."""
    async with temporary_database(servers) as url:
        yield url


@pytest.fixture
def redis_url(servers: Stack) -> str:
    """A Valkey database apart from the one that the whole Darkroom of the session uses."""
    return servers.env["REDIS_URL"].replace("db=0", "db=1")


@pytest.fixture
def settings(tmp_path: Path, database_url: str, redis_url: str) -> Settings:
    """Settings for this test's database and home, as every process has them: it connects as who owns nothing."""
    return settings_at(tmp_path, database_url=login_of(database_url), redis_url=redis_url, DARKROOM_READER_ROLE=READER)


@pytest.fixture
async def engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """An engine on this test's database, with a lane of 64."""
    opened = open_engine(settings)
    await fetch(opened, statement("INSERT INTO lanes (provider, cap) VALUES ('replicate', 64) RETURNING cap"))
    yield opened
    await opened.dispose()


@pytest.fixture(scope="session")
def darkroom(servers: Stack) -> Iterator[Darkroom]:
    """The Procfile's own processes, started once as `make up` does, on a database of their own."""
    with tempfile.TemporaryDirectory(prefix="dr-") as home:
        url = create_database(servers, "whole")
        stack = Stack(
            settings_at(
                Path(home),
                database_url=login_of(url),
                migration_database_url=url,
                redis_url=servers.env["REDIS_URL"],
            ),
            painter=PainterSettings(),
            env={
                "DARKROOM_EMBEDDED": "true",
                "PAINTER_SECONDS": "0.05-0.1",
                "PAINTER_PREPARED": "true",
                "SUPABASE_ANON_KEY": "the-anon-key",
                # All tests of the session share the key, as all apps of an operator do.
                "DARKROOM_ANONYMOUS_PER_MINUTE": "600",
                "DARKROOM_ANONYMOUS_IN_FLIGHT": "64",
                "SUPABASE_JWT_SECRET": SECRET,
            },
            voice=Voice(io.StringIO()),
        )
        with BackgroundStack(stack):
            yield Darkroom(stack.url, Path(home), url, stack.env["REPLICATE_API_URL"])
