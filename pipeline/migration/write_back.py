"""Back: what Darkroom has done since the move is written into the old tables, so that going back loses nothing.

What is unfinished waits there again, with a job; what the old columns have no word for stays in Darkroom's own tables.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.migration.copy import GENERATION, IMAGE, typed
from pipeline.migration.known import TABLES
from pipeline.migration.source import Source
from pipeline.statements import as_json, blames_a_row, fetch, statement
from schema.old_design import CANCELLED

BATCH = 1_000
MOST_TOLD = 5
_FINISHED = {"completed": "completed", "failed": "failed", "cancelled": "failed"}

_READ = statement("""
    SELECT g.*, (SELECT coalesce(jsonb_agg(to_jsonb(i) ORDER BY i.idx), CAST('[]' AS jsonb)) FROM images AS i
      WHERE i.generation_id = g.id) AS pictures
    FROM image_generations AS g WHERE g.id > :after ORDER BY g.id LIMIT :most
""")


@dataclass
class Written:
    """What went back."""

    generations: int = 0
    images: int = 0
    jobs: int = 0
    """Unfinished ones that wait there again."""
    kept: list[str] = field(default_factory=list)
    """Those that the old tables would not take, with the reason; they stay in Darkroom's."""


async def write_back(engine: AsyncEngine, origin: AsyncEngine, source: Source) -> Written:
    """Bring everything that `engine`'s database has into the old tables at `origin`; may be repeated."""
    written = Written()
    statements = _statements(source)
    async for rows in _pages(engine):
        await _write(origin, statements, rows, written)
    return written


async def _pages(engine: AsyncEngine) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
    after = UUID(int=0)
    while rows := [dict(row._mapping) for row in await fetch(engine, _READ, after=after, most=BATCH)]:
        yield rows
        after = rows[-1]["id"]


def _statements(source: Source) -> list[tuple[str, Any]]:
    """One for each old table, with its name."""
    kinds = {"image_generations": GENERATION, "images": IMAGE}
    found = []
    for table, known in kinds.items():
        if not source.has(table):
            continue
        types = source.columns[table]
        columns = [name for name in known if name in types and name in TABLES[table].columns]
        values = ", ".join(_cast(f"r.{name}", types[name]) for name in columns)
        changed = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in ("id", "created_at"))
        # What nobody has touched since stays as it was.
        same = table == "image_generations" and "updated_at" in columns
        unless = "WHERE t.updated_at IS DISTINCT FROM excluded.updated_at" if same else ""
        found.append((table, text(f"""
            INSERT INTO {source.named(table)} AS t ({", ".join(columns)}) SELECT {values}
            FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r({typed(known)})
            ON CONFLICT (id) DO UPDATE SET {changed} {unless}
        """)))  # fmt: skip
    if source.has("job_queue"):
        # The old table's status, of the old design's four: no generation's.
        jobs = source.named("job_queue")
        found.append(("job_queue", text(f"""
            WITH r AS MATERIALIZED (
              SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb))
                AS r(id uuid, payload jsonb, priority integer, max_attempts integer, status text, error_message text)),
            told AS (
              UPDATE {jobs} AS j SET error_message = r.error_message, updated_at = now(), status = r.status,
                completed_at = CASE WHEN r.status = 'pending' THEN NULL ELSE coalesce(j.completed_at, now()) END
              FROM r WHERE (j.payload->>'generation_id' = CAST(r.id AS text) OR j.id = r.id)
                AND j.status IS DISTINCT FROM r.status
              RETURNING j.id)
            INSERT INTO {jobs} (job_type, payload, priority, max_attempts)
            SELECT 'generate-image', r.payload, r.priority, r.max_attempts FROM r
            WHERE r.status = 'pending' AND NOT EXISTS (
              SELECT FROM {jobs} AS j WHERE j.payload->>'generation_id' = CAST(r.id AS text) OR j.id = r.id)
        """)))  # fmt: skip
    return found


def _cast(value: str, kind: str) -> str:
    return value if kind == "USER-DEFINED" else f"CAST({value} AS {kind})"


async def _write(
    origin: AsyncEngine, statements: Sequence[tuple[str, Any]], rows: Sequence[Mapping[str, Any]], written: Written
) -> None:
    """A batch in one transaction; when a row of it is refused, each alone, so that one keeps no other from going."""
    given = {"image_generations": [_old(row) for row in rows], "job_queue": [_job(row) for row in rows]}
    given["images"] = [picture for row in rows for picture in row["pictures"]]
    try:
        async with origin.execution_options(isolation_level="READ COMMITTED").begin() as connection:
            for table, sql in statements:
                await connection.execute(sql, {"rows": as_json(given[table])})
    except DBAPIError as error:
        if not blames_a_row(error):
            raise
        if len(rows) > 1:
            for row in rows:
                await _write(origin, statements, [row], written)
        else:
            written.kept.append(f"{rows[0]['id']}: {str(error.orig).partition('>: ')[2] or error.orig}")
        return
    written.generations += len(rows)
    written.images += len(given["images"])
    written.jobs += sum(job["status"] == "pending" for job in given["job_queue"])


def _old(row: Mapping[str, Any]) -> dict[str, Any]:
    """A generation as the old table has it. A status that its check may not know waits there again."""
    called_off = row["status"] == "cancelled"
    return {
        **{name: row[name] for name in GENERATION},
        "status": _FINISHED.get(row["status"], "pending"),
        "error_message": CANCELLED if called_off else row["error_message"],
    }


def _job(row: Mapping[str, Any]) -> dict[str, Any]:
    payload = {
        "generation_id": row["id"],
        "prompt": row["prompt"],
        "model_id": row["model_id"],
        "width": row["width"],
        "height": row["height"],
        "num_inference_steps": row["steps"],
        "guidance_scale": row["guidance_scale"],
        "user_id": row["user_id"],
    }
    old = _old(row)
    return {
        "id": row["id"],
        "payload": {name: value for name, value in payload.items() if value is not None},
        "priority": row["priority"],
        "max_attempts": row["max_attempts"],
        "status": old["status"],
        "error_message": old["error_message"],
    }
