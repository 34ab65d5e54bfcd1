"""Release: what must be true of the database before any process starts. `python -m pipeline.release`."""

import asyncio
import os
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from pipeline.api_keys import new_key, save_key
from pipeline.api_roles import close_to_api_roles
from pipeline.database import connect_arguments, migration_url, open_engine
from pipeline.errors import Unreachable
from pipeline.limits import set_anonymous_defaults
from pipeline.rights import grant_rights, tell_costs
from pipeline.settings import Settings
from pipeline.settings.painter import PainterSettings
from pipeline.statements import as_json, fetch, statement
from schema.migrations import upgrade_within

_LANE = statement("""
    INSERT INTO lanes (provider, cap, creates_per_minute) VALUES (:provider, :cap, CAST(:rate AS integer))
    ON CONFLICT (provider, model_id) DO UPDATE SET
      cap = excluded.cap, creates_per_minute = excluded.creates_per_minute, served = true
""")
_UNSERVED = statement("""
    UPDATE lanes SET served = false
    WHERE served AND NOT provider IN (SELECT jsonb_array_elements_text(CAST(:providers AS jsonb)))
""")

_WHERE = statement("""
    SELECT oid AS database, datname AS name, pg_postmaster_start_time() AS started_at FROM pg_database
    WHERE datname = current_database()
""")


async def release(settings: Settings) -> None:
    """Migrate, grant, set each provider's cap and rate and the anonymous key's limits, and in embedded mode keep a
    development key. Safe to repeat.

    Migrates and grants as MIGRATION_DATABASE_URL's role; the rest is done with the rights that every process has.
    Raises Unreachable when that and DATABASE_URL name two databases.
    """
    owner = create_async_engine(migration_url(settings), connect_args=connect_arguments())
    engine = open_engine(settings)
    if settings.migration_database_url:
        await _demand_one_database(owner, engine)
    async with owner.begin() as connection:
        await upgrade_within(connection)
        # In one transaction: what a migration has made is nobody else's for no moment.
        await close_to_api_roles(connection)
    await grant_rights(owner, engine, settings.reader_role)
    await owner.dispose()
    await tell_costs(engine, settings.reader_role)
    async with engine.connect() as connection:
        await connection.execute(_UNSERVED, {"providers": as_json(settings.providers)})
        for name in settings.providers:
            rate = settings.creates_limit_of(name)
            await connection.execute(_LANE, {"provider": name, "cap": settings.max_parallel_jobs, "rate": rate})
    await set_anonymous_defaults(engine, settings, paid=settings.has_paid_provider(PainterSettings().port))
    if settings.embedded:
        key = keep_development_key(settings.home / "api-key")
        await save_key(engine, key, name="development", user_id="development", role="service")
    await engine.dispose()


async def _demand_one_database(owner: AsyncEngine, engine: AsyncEngine) -> None:
    """Raise Unreachable when they are connected to two: nothing is made in a database that no process would use."""
    (migrated,), (used,) = await fetch(owner, _WHERE), await fetch(engine, _WHERE)
    if migrated != used:
        await owner.dispose()
        await engine.dispose()
        raise Unreachable(
            f'MIGRATION_DATABASE_URL leads to the database "{migrated.name}" and DATABASE_URL to "{used.name}", on '
            "this server or another: name the same one in both, as the tables' owner and as the processes' login. "
            "Nothing was changed."
        )


def keep_development_key(path: Path) -> str:
    """The service key in a file that only this user can read; made when missing."""
    if path.exists():
        return path.read_text().strip()
    key = new_key()
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(key + "\n")
    return key


if __name__ == "__main__":
    asyncio.run(release(Settings()))
