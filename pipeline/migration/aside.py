"""In place: the old tables are set aside into a schema of their own, and Darkroom's made; or the other way round.

A rename moves no row: both directions take a moment, however large the tables are, and each is one transaction.
"""

from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pipeline.api_roles import OURS, close_to_api_roles
from pipeline.errors import Invalid
from pipeline.migration.known import FUNCTIONS, NAMES, PUT_BACK, SET_ASIDE, TABLES
from schema.migrations import upgrade_within

_RELATIONS = text("""
    SELECT relname AS name, CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END AS kind FROM pg_class
    WHERE relnamespace = to_regnamespace(:schema) AND relkind IN ('r', 'v') AND relname = ANY (:names)
    ORDER BY relname
""")
_ROUTINES = text("""
    SELECT format('%I(%s)', proname, pg_get_function_identity_arguments(oid)) AS name FROM pg_proc
    WHERE pronamespace = to_regnamespace(:schema)
      AND (proname = ANY (:names) OR (:ours AND starts_with(proname, 'darkroom_')))
    ORDER BY 1
""")
_SCHEMA = text("SELECT to_regnamespace(:schema) IS NOT NULL")


async def set_aside(engine: AsyncEngine) -> None:
    """Move the old tables, views and functions out of the way and make Darkroom's, or change nothing."""
    async with _transaction(engine).begin() as connection:
        await _refuse_schema(connection, SET_ASIDE)
        await _move(connection, "public", SET_ASIDE, (*TABLES, *NAMES), FUNCTIONS)
        await upgrade_within(connection)
        await close_to_api_roles(connection)


async def put_back(engine: AsyncEngine) -> None:
    """Move Darkroom's own out of the way and the old ones to where they were, or change nothing."""
    async with _transaction(engine).begin() as connection:
        await _refuse_schema(connection, PUT_BACK)
        await _move(connection, "public", PUT_BACK, OURS, FUNCTIONS, ours=True)
        await _move(connection, SET_ASIDE, "public", (*TABLES, *NAMES), FUNCTIONS)
        await connection.execute(text(f"DROP SCHEMA {SET_ASIDE}"))


def _transaction(engine: AsyncEngine) -> AsyncEngine:
    return engine.execution_options(isolation_level="READ COMMITTED")


async def _refuse_schema(connection: AsyncConnection, schema: str) -> None:
    if (await connection.execute(_SCHEMA, {"schema": schema})).scalar_one():
        raise Invalid("schema", f"schema {schema}: is there already, from an earlier move; rename it or drop it first")


async def _move(
    connection: AsyncConnection,
    origin: str,
    target: str,
    names: Iterable[str],
    functions: Iterable[str],
    *,
    ours: bool = False,
) -> None:
    # Whoever writes waits here, and finds the tables where they are then.
    if target != "public":
        await connection.execute(text(f"CREATE SCHEMA {target}"))
    relations = (await connection.execute(_RELATIONS, {"schema": origin, "names": list(names)})).all()
    asked = {"schema": origin, "names": list(functions), "ours": ours}
    routines = (await connection.execute(_ROUTINES, asked)).all()
    # Functions first: by their arguments' types, which are tables of the old schema.
    for routine in routines:
        await connection.execute(text(f"ALTER FUNCTION {origin}.{routine.name} SET SCHEMA {target}"))
    for one in relations:
        await connection.execute(text(f'ALTER {one.kind} {origin}."{one.name}" SET SCHEMA {target}'))
