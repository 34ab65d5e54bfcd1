"""The copy: old rows become Darkroom's, a batch a transaction. What is here already stays: a run may be repeated."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.migration.reader import Batch, Reader
from pipeline.migration.rows import batch as new_batch
from pipeline.migration.rows import generation, image
from pipeline.statements import as_json, fetch, statement

GENERATION = {
    "id": "uuid", "user_id": "text", "prompt": "text", "negative_prompt": "text", "model": "text", "model_id": "text",
    "model_version": "text", "style": "text", "width": "integer", "height": "integer", "steps": "integer",
    "guidance_scale": "double precision", "seed": "bigint", "source_image_url": "text",
    "generation_strength": "double precision", "status": "text", "error_message": "text", "retry_count": "integer",
    "priority": "integer", "replicate_prediction_id": "text", "generation_time_seconds": "double precision",
    "batch_id": "uuid", "batch_index": "integer", "created_at": "timestamptz", "updated_at": "timestamptz",
    "completed_at": "timestamptz", "attempt_number": "smallint", "attempts_before": "smallint",
    "attempt_at": "timestamptz", "max_attempts": "smallint", "due_at": "timestamptz", "version": "integer",
    "timeline": "jsonb", "job_type": "text", "payload": "jsonb",
}  # fmt: skip
"""The columns that are filled, with their types."""
IMAGE = {
    "id": "uuid", "generation_id": "uuid", "idx": "integer", "user_id": "text", "filename": "text",
    "storage_path": "text", "public_url": "text", "file_size": "bigint", "width": "integer", "height": "integer",
    "format": "text", "prompt": "text", "negative_prompt": "text", "model": "text", "blurhash": "text",
    "created_at": "timestamptz",
}  # fmt: skip
BATCH = {
    "id": "uuid", "user_id": "text", "name": "text", "settings": "jsonb", "total": "smallint",
    "created_at": "timestamptz",
}  # fmt: skip


def typed(columns: Mapping[str, str]) -> str:
    """The columns as `jsonb_to_recordset` wants them."""
    return ", ".join(f"{name} {kind}" for name, kind in columns.items())


def _names(columns: Mapping[str, str], of: str = "") -> str:
    return ", ".join(f"{of}{name}" for name in columns)


# Finished ones are no news to any feed; those that go on are. One statement: no generation is without its pictures.
_INSERT = statement(f"""
    WITH made AS (
      INSERT INTO image_generations ({_names(GENERATION)}, changes)
      SELECT {_names(GENERATION, "r.")},
        CASE WHEN r.due_at IS NULL THEN CAST('{{}}' AS xid8[]) ELSE ARRAY[pg_current_xact_id()] END
      FROM jsonb_to_recordset(CAST(:generations AS jsonb)) AS r({typed(GENERATION)})
      ON CONFLICT (id) DO NOTHING RETURNING id),
    kept AS (
      INSERT INTO images ({_names(IMAGE)}) SELECT {_names(IMAGE, "r.")}
      FROM jsonb_to_recordset(CAST(:images AS jsonb)) AS r({typed(IMAGE)})
      ON CONFLICT DO NOTHING RETURNING id)
    SELECT (SELECT count(*) FROM made) AS generations, (SELECT count(*) FROM kept) AS images
""")
_INSERT_BATCHES = statement(f"""
    INSERT INTO batches ({_names(BATCH)}) SELECT {_names(BATCH, "r.")}
    FROM jsonb_to_recordset(CAST(:batches AS jsonb)) AS r({typed(BATCH)}) ON CONFLICT (id) DO NOTHING RETURNING id
""")
_NOW = statement("SELECT now() AS now")


async def copy(
    engine: AsyncEngine, reader: Reader, progress: Callable[[int], None], size: int = 2_000
) -> tuple[int, int]:
    """Bring everything in; how many generations and pictures are new. `progress` hears of the generations so far."""
    generations, images = 0, 0
    (now,) = await fetch(engine, _NOW)
    async for group in reader.groups(size):
        await fetch(engine, _INSERT_BATCHES, batches=as_json([new_batch(old) for old in group]))
    async for batch in reader.batches(size):
        made, kept = _rows(batch, now.now)
        (row,) = await fetch(engine, _INSERT, generations=as_json(made), images=as_json(kept))
        generations, images = generations + row.generations, images + row.images
        progress(generations)
    return generations, images


def _rows(batch: Batch, now: Any) -> tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]:
    made = [generation(old, job, now) for old, job in batch.generations]
    kept = [
        image(picture, old, idx)
        for old, _ in batch.generations
        for idx, picture in enumerate(batch.images.get(old["id"], ()))
    ]
    return made, kept
