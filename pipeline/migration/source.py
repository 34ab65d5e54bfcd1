"""The source: the old design's tables where they are, and a look at what is in them. Changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pipeline.migration.known import SET_ASIDE, STATUSES, TABLES
from schema.old_design import JOB_TYPES

_SERVER = text("""
    SELECT CAST(pg_postmaster_start_time() AS text) || ' ' || CAST(oid AS text) AS at
    FROM pg_database WHERE datname = current_database()
""")
_COLUMNS = text("""
    SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns AS c
    JOIN information_schema.tables AS t USING (table_schema, table_name)
    WHERE c.table_schema = :schema AND t.table_type = 'BASE TABLE' AND c.table_name = ANY (:tables)
    ORDER BY c.table_name, c.ordinal_position
""")
_POINTING = text("""
    SELECT DISTINCT CAST(CAST(f.conrelid AS regclass) AS text) AS origin, t.relname AS target
    FROM pg_constraint AS f JOIN pg_class AS t ON t.oid = f.confrelid JOIN pg_class AS o ON o.oid = f.conrelid
    WHERE f.contype = 'f' AND t.relnamespace = to_regnamespace(:schema) AND t.relname = ANY (:tables)
      AND NOT (o.relnamespace = t.relnamespace AND o.relname = ANY (:tables))
    ORDER BY 1, 2
""")


@dataclass(frozen=True)
class Source:
    """Where the old tables are, and what they look like."""

    schema: str
    columns: Mapping[str, Mapping[str, str]]
    """Types of Postgres, by table and column."""
    in_place: bool
    """Whether they are in Darkroom's own database."""
    pointing: Sequence[tuple[str, str]] = field(default=())
    """Foreign keys of other tables into these: (from, to)."""

    def has(self, table: str, column: str | None = None) -> bool:
        """Whether there is such a table, and such a column in it."""
        return table in self.columns and (column is None or column in self.columns[table])

    def named(self, table: str) -> str:
        """The table in SQL."""
        return f'"{self.schema}"."{table}"'

    @property
    def is_set_aside(self) -> bool:
        """Whether a move in place has been begun."""
        return self.schema == SET_ASIDE


async def look_at(connection: AsyncConnection, target: AsyncConnection | None) -> Source:
    """Find the old tables in the database of `connection`; `target` is a connection to Darkroom's, if there is one."""
    here = (await connection.execute(_SERVER)).scalar_one()
    in_place = target is not None and (await target.execute(_SERVER)).scalar_one() == here
    schema, columns = SET_ASIDE, await _columns(connection, SET_ASIDE)
    if not columns:
        schema, columns = "public", await _columns(connection, "public")
    asked = {"schema": schema, "tables": list(TABLES)}
    pointing = [(row.origin, row.target) for row in await connection.execute(_POINTING, asked)]
    return Source(schema, columns, in_place, pointing)


async def _columns(connection: AsyncConnection, schema: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in await connection.execute(_COLUMNS, {"schema": schema, "tables": list(TABLES)}):
        found.setdefault(row.table_name, {})[row.column_name] = row.data_type
    return found


def complaints(source: Source, left_out: frozenset[str]) -> list[str]:
    """What is not understood about the tables themselves; `left_out` names what shall stay behind."""
    if not source.has("image_generations"):
        return ["image_generations: there is no such table in the schema public of that database"]
    if source.has("image_generations", "timeline"):
        return ["image_generations: is Darkroom's own already; there is nothing to bring in"]
    found: list[str] = []
    for table, columns in source.columns.items():
        known = TABLES[table]
        missing = sorted(known.needed - set(columns))
        found += [f"{table}.{column}: is missing" for column in missing]
        for column, kind in columns.items():
            name = f"{table}.{column}"
            if name in left_out:
                continue
            if column not in known.columns:
                found.append(f"{name}: is not known; --leave-out {name} goes on without it (it stays where it is)")
            elif kind not in known.columns[column]:
                wanted = " or ".join(sorted(known.columns[column] - {"USER-DEFINED"}))
                found.append(f"{name}: is {kind}, where {wanted} was expected")
    if source.in_place and not source.is_set_aside:
        found += [
            f"{origin}: points to {table}, which is set aside by a move in place; --leave-out {origin} goes on, and it "
            "then points to the old table"
            for origin, table in source.pointing
            if origin not in left_out
        ]
    return found


async def counts(engine: AsyncEngine, source: Source, table: str, by: str) -> dict[Any, int]:
    """How many rows a table has for each value of an expression."""
    if not source.has(table):
        return {}
    sql = text(f"SELECT {by} AS value, count(*) AS number FROM {source.named(table)} AS t GROUP BY 1")
    async with engine.connect() as connection:
        return {row.value: row.number for row in await connection.execute(sql)}


async def strange_values(engine: AsyncEngine, source: Source) -> list[str]:
    """Statuses, and types of unfinished jobs, that mean nothing here."""
    found = []
    if source.has("job_queue", "job_type"):
        unfinished = "CASE WHEN status IN ('pending', 'processing') THEN CAST(job_type AS text) END"
        by_type = await counts(engine, source, "job_queue", unfinished)
        found += [
            f"job_queue.job_type: {number} unfinished jobs have {kind!r}, which is not known"
            for kind, number in sorted(by_type.items(), key=str)
            if kind is not None and kind not in JOB_TYPES
        ]
    for table, known in STATUSES.items():
        by_status = await counts(engine, source, table, "CAST(status AS text)")
        found += [
            f"{table}.status: {number} rows have {status!r}, which is not known"
            for status, number in sorted(by_status.items(), key=str)
            if status not in known
        ]
    return found
