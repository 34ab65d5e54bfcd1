"""Reads the old rows, a batch at a time by their ids, with what belongs to them. Changes nothing."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.migration.known import MOMENT, TABLES
from pipeline.migration.rows import Old, generation_of_job, generation_of_lone, newest
from pipeline.migration.source import Source

BATCH = 2_000
NO_ID = UUID(int=0)

_GENERATION_OF_JOB = "t.payload->>'generation_id'"


@dataclass(frozen=True)
class Batch:
    """Old generations with their jobs and pictures."""

    generations: Sequence[tuple[Old, Old | None]]
    images: Mapping[Any, Sequence[Old]] = field(default_factory=dict)
    """By generation, oldest first."""
    lone: int = 0
    """How many of them were made for pictures that have no generation."""
    jobs: int = 0
    """How many of them were made for jobs that name no generation."""


class Reader:
    """The old tables, read in batches."""

    def __init__(self, engine: AsyncEngine, source: Source, left_out: frozenset[str] = frozenset()) -> None:
        self._engine = engine
        self._source = source
        self._left_out = left_out

    async def batches(self, size: int = BATCH) -> AsyncIterator[Batch]:
        """Everything that becomes a generation: the old ones, lone pictures, and jobs that stand for themselves."""
        async for rows in self._pages("image_generations", "true", size):
            yield await self._with_their_own(rows)
        async for rows in self._pages("images", self._lone("t.generation_id"), size):
            made = [(generation_of_lone(row), None) for row in rows]
            yield Batch(made, {row["id"]: [row] for row in rows}, lone=len(made))
        alone = (
            f"t.status IN ('pending', 'processing') AND {self._lone(_GENERATION_OF_JOB)} AND t.payload->>'prompt' <> ''"
        )
        async for rows in self._pages("job_queue", alone, size):
            jobs = [(generation_of_job(row), row) for row in rows]
            yield Batch(jobs, jobs=len(jobs))

    async def groups(self, size: int = BATCH) -> AsyncIterator[Sequence[Old]]:
        """The old batches."""
        async for rows in self._pages("batch_generations", "true", size):
            yield rows

    def _lone(self, generation_id: str) -> str:
        known = f"SELECT FROM {self._source.named('image_generations')} AS g WHERE CAST(g.id AS text)"
        return f"NOT EXISTS ({known} = CAST({generation_id} AS text))"

    async def _with_their_own(self, rows: Sequence[Old]) -> Batch:
        ids = [row["id"] for row in rows]
        jobs = await self._by("job_queue", _GENERATION_OF_JOB, "text", [str(one) for one in ids])
        images = await self._by("images", "t.generation_id", "uuid", ids)
        return Batch([(row, newest(jobs.get(str(row["id"]), []))) for row in rows], images)

    async def _pages(self, table: str, condition: str, size: int) -> AsyncIterator[list[Old]]:
        if not self._source.has(table):
            return
        sql = text(f"""
            SELECT {self._columns(table)} FROM {self._source.named(table)} AS t
            WHERE t.id > :after AND {condition} ORDER BY t.id LIMIT :size
        """)
        after = NO_ID
        while rows := await self._read(sql, after=after, size=size):
            yield rows
            after = rows[-1]["id"]

    async def _by(self, table: str, key: str, kind: str, keys: list[Any]) -> dict[Any, list[Old]]:
        if not self._source.has(table):
            return {}
        # A join, which may be hashed: the old table has no index by a payload's generation.
        sql = text(f"""
            SELECT wanted.key AS of_generation, {self._columns(table)}
            FROM unnest(CAST(:keys AS {kind}[])) AS wanted(key)
            JOIN {self._source.named(table)} AS t ON {key} = wanted.key
            ORDER BY t.created_at, t.id
        """)
        found: dict[Any, list[Old]] = {}
        for row in await self._read(sql, keys=keys):
            found.setdefault(row["of_generation"], []).append(row)
        return found

    async def _read(self, sql: Any, **parameters: Any) -> list[Old]:
        async with self._engine.connect() as connection:
            return [dict(row._mapping) for row in await connection.execute(sql, parameters)]

    def _columns(self, table: str) -> str:
        return ", ".join(
            _readable(column, kind)
            for column, kind in self._source.columns[table].items()
            if column in TABLES[table].columns and f"{table}.{column}" not in self._left_out
        )


def _readable(column: str, kind: str) -> str:
    """A column of `t`; a moment that Python cannot read becomes the nearest that it can, or one row would stop all."""
    name = f't."{column}"'
    if kind not in MOMENT:
        return name
    return f'''CASE WHEN {name} < timestamptz '0001-01-01 00:00:00+00' THEN timestamptz '0001-01-01 00:00:00+00'
        WHEN {name} >= timestamptz '10000-01-01 00:00:00+00' THEN timestamptz '9999-12-31 23:59:59+00'
        ELSE {name} END AS "{column}"'''
