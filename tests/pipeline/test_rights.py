"""Rights: what the release grants, what the reader is kept to, and what is said where there is only one role."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.database import open_engine, open_reading_engine
from pipeline.embedded.stack import Stack
from pipeline.errors import Unreachable
from pipeline.release import release
from pipeline.rights import read_rights, tell_costs
from pipeline.settings import Settings
from pipeline.statements import fetch, statement
from tests.conftest import _NUMBERS, READER, _run_sql, database_of, login_of, settings_at
from tests.rows import row_of, submit

OWNER = "darkroom_solo"
"""Of a hosted database: the only role there, which may make no other."""
_ME = statement("SELECT current_user AS me")
_KEYS = statement("SELECT key_hash FROM api_keys")
_SHOWN = statement("SELECT g.id, j.status FROM image_generations AS g JOIN job_queue AS j ON j.id = g.id")


@pytest.fixture
async def empty(servers: Stack) -> AsyncIterator[str]:
    """The address of an empty database, for the server's superuser."""
    name, url = f"rights_{next(_NUMBERS)}", servers.env["MIGRATION_DATABASE_URL"]
    await _run_sql(url, f"CREATE DATABASE {name}")
    yield database_of(url, name)
    await _run_sql(url, f"DROP DATABASE {name} WITH (FORCE)")
    await _run_sql(url, f"DROP ROLE IF EXISTS {name}_reader")


@pytest.fixture
async def hosted(servers: Stack, empty: str) -> AsyncIterator[str]:
    """The same, as a hoster hands it out: its owner's address, and no other role."""
    superuser = servers.env["MIGRATION_DATABASE_URL"]
    name = make_url(empty).database
    await _run_sql(superuser, f"CREATE ROLE {OWNER} LOGIN")
    await _run_sql(superuser, f"ALTER DATABASE {name} OWNER TO {OWNER}")
    yield make_url(empty).set(username=OWNER).render_as_string(hide_password=False)
    await _run_sql(superuser, f"ALTER DATABASE {name} OWNER TO CURRENT_USER")
    await _run_sql(empty, f"DROP OWNED BY {OWNER} CASCADE")
    await _run_sql(superuser, f"DROP ROLE {OWNER}")


async def me(engine: AsyncEngine) -> str:
    """Whom a connection is taken for."""
    (row,) = await fetch(engine, _ME)
    name: str = row.me
    return name


async def works(settings: Settings) -> None:
    """Rows are written and read, the old tables too."""
    engine, reading = open_engine(settings), open_reading_engine(settings)
    generation_id = await submit(engine)
    assert (await row_of(engine, generation_id)).status == "queued"
    assert [row.id for row in await fetch(reading, _SHOWN)] == [generation_id]
    await engine.dispose()
    await reading.dispose()


async def test_a_release_as_the_owner_lets_the_login_work(
    empty: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reader = f"{make_url(empty).database}_reader"
    settings = settings_at(
        tmp_path, database_url=login_of(empty), migration_database_url=empty, DARKROOM_READER_ROLE=reader
    )
    for _ in range(2):
        await release(settings)
    await works(settings)
    engine, reading = open_engine(settings), open_reading_engine(settings)
    assert (await me(engine), await me(reading)) == ("darkroom_app", reader)
    rights = await read_rights(engine, reader)
    assert rights is not None
    assert (rights.costs, rights.owns, rights.reads) == ([], False, True)
    assert [one.message for one in caplog.records if one.name == "pipeline.rights"] == []
    with pytest.raises(ProgrammingError, match="must be owner"):
        await fetch(engine, statement("ALTER TABLE images ADD COLUMN x integer"))
    await engine.dispose()
    await reading.dispose()
    await _run_sql(empty, f"DROP OWNED BY {reader}")


async def test_where_there_is_one_role_all_works_and_the_start_says_what_that_costs(
    servers: Stack, hosted: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_at(tmp_path, database_url=hosted)
    with caplog.at_level(logging.WARNING):
        await release(settings)
    owns, reads = [one.message for one in caplog.records if one.name == "pipeline.rights"]
    assert f"DATABASE_URL's role \"{OWNER}\" has the rights of the tables' owner" in owns
    assert "MIGRATION_DATABASE_URL" in owns
    assert 'GRANT "darkroom_reader_' in reads
    assert reads.count(". ") == 0
    await works(settings)
    # What it says is enough: a superuser makes the reader, the next release grants it, and connections take it on.
    for line in reads.split(": as a superuser run ")[1].split("; and then")[0].split("; "):
        await _run_sql(servers.env["MIGRATION_DATABASE_URL"], line)
    caplog.clear()
    await release(settings)
    assert len([one for one in caplog.records if one.name == "pipeline.rights"]) == 1
    reading = open_reading_engine(settings)
    reader = await me(reading)
    assert reader.startswith("darkroom_reader_")
    with pytest.raises(ProgrammingError, match="permission denied for table api_keys"):
        await fetch(reading, _KEYS)
    await reading.dispose()
    superuser = make_url(servers.env["MIGRATION_DATABASE_URL"]).set(database=make_url(hosted).database)
    await _run_sql(superuser.render_as_string(hide_password=False), f'DROP OWNED BY "{reader}"')
    await _run_sql(servers.env["MIGRATION_DATABASE_URL"], f'DROP ROLE "{reader}"')


async def test_a_public_schema_that_everybody_may_write_to_is_told(
    engine: AsyncEngine, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    await tell_costs(engine, READER)
    assert caplog.records == []
    await _run_sql(database_url, "GRANT CREATE ON SCHEMA public TO PUBLIC")
    await tell_costs(engine, READER)
    (told,) = caplog.records
    assert "run REVOKE CREATE ON SCHEMA public FROM PUBLIC" in told.message


async def test_what_is_asked_of_the_old_tables_is_read_as_the_reader(settings: Settings) -> None:
    reading = open_reading_engine(settings)
    assert await me(reading) == READER
    for table in ("api_keys", "webhook_secrets", "batches", "deliveries", "spending"):
        with pytest.raises(ProgrammingError, match=f"permission denied for table {table}"):
            await fetch(reading, statement(f"SELECT * FROM {table}"))
    with pytest.raises(ProgrammingError, match="permission denied for table image_generations"):
        await fetch(reading, statement("SELECT webhook_url FROM image_generations"))
    with pytest.raises(ProgrammingError, match="permission denied for function"):
        await fetch(reading, statement("SELECT darkroom_budget_left('ada')"))
    await reading.dispose()


async def test_a_database_that_is_away_is_not_judged(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    engine = open_engine(settings.model_copy(update={"database_url": "postgresql://nobody@127.0.0.1:1/nowhere"}))
    await tell_costs(engine, None)
    (told,) = caplog.records
    assert "does not answer yet" in told.message
    await engine.dispose()


async def test_two_databases_are_told_before_either_is_changed(
    servers: Stack, settings: Settings, empty: str, tmp_path: Path
) -> None:
    astray = settings_at(tmp_path, database_url=settings.database_url, migration_database_url=empty)
    with pytest.raises(
        Unreachable, match=r'MIGRATION_DATABASE_URL leads to the database "rights_\d+" and DATABASE_URL'
    ):
        await release(astray)
    owner = open_engine(settings_at(tmp_path, database_url=empty))
    (there,) = await fetch(owner, statement("SELECT count(*) AS tables FROM pg_tables WHERE schemaname = 'public'"))
    assert there.tables == 0
    await owner.dispose()
