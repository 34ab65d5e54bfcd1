"""The schema's history leads to exactly the tables in code, and back to nothing."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from pipeline.database import asyncpg_url
from schema.migrations import downgrade, upgrade
from schema.tables import metadata


async def test_migrated_database_equals_the_tables_in_code(engine: AsyncEngine) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, metadata))

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_down_leaves_nothing_and_up_again_works(database_url: str) -> None:
    engine = create_async_engine(asyncpg_url(database_url))
    await downgrade(engine)
    async with engine.connect() as connection:
        left = await connection.execute(
            text(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v') "
                "UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            )
        )
        assert left.scalars().all() == ["alembic_version"]
    await upgrade(engine)
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM image_generations"))).scalar_one() == 0
    await engine.dispose()
