"""The generation as everyone outside sees it: one set of columns, one way to write them as JSON."""

from typing import Any

from sqlalchemy import Row

_PLAIN = [
    "id",
    "user_id",
    "prompt",
    "negative_prompt",
    "model",
    "model_id",
    "model_version",
    "style",
    "width",
    "height",
    "steps",
    "guidance_scale",
    "seed",
    "source_image_url",
    "generation_strength",
    "num_outputs",
    "provider",
    "status",
    "error_message",
    "retry_count",
    "priority",
    "replicate_prediction_id",
    "generation_time_seconds",
    "batch_id",
    "batch_index",
    "created_at",
    "updated_at",
    "completed_at",
    "deadline",
    "version",
    "progress",
    "attempt_number",
    "max_attempts",
    "webhook_url",
    "possible_double_charge",
]
_JSON = ("timeline", "metadata")

# The images are read only for completed rows: nothing else has any.
_IMAGES = """CASE WHEN g.status = 'completed' THEN (
    SELECT jsonb_agg(jsonb_build_object('id', i.id, 'idx', i.idx, 'url', i.public_url, 'filename', i.filename,
      'storage_path', i.storage_path, 'width', i.width, 'height', i.height, 'format', i.format,
      'file_size', i.file_size, 'blurhash', i.blurhash) ORDER BY i.idx)
    FROM images AS i WHERE i.generation_id = g.id) END AS images"""

_OWN = ", ".join(f"g.{name}" for name in (*_PLAIN, *_JSON)) + (
    # Rounded: a double refuses what is closer to zero than it can say, and with it the whole page.
    ", CAST(round(g.cost, 20) AS double precision) AS cost,"
    " CAST(round(g.estimated_cost, 20) AS double precision) AS estimated_cost, g.changes"
)
COLUMNS = f"{_OWN}, CAST(NULL AS jsonb) AS images"
"""Columns of a row that can have no images yet, for RETURNING."""
COLUMNS_WITH_IMAGES = f"{_OWN}, {_IMAGES}"
"""The same with the images, for SELECT … FROM image_generations AS g."""


def as_resource(row: Row[Any]) -> dict[str, Any]:
    """The resource as a mapping: columns by their own names, `job_id`, the timeline and the images."""
    resource: dict[str, Any] = dict(zip(_PLAIN, row, strict=False))
    resource["id"] = resource["job_id"] = str(row.id)
    if row.batch_id is not None:
        resource["batch_id"] = str(row.batch_id)
    resource["estimated_cost"] = row.estimated_cost
    resource["cost"] = row.cost
    resource["timeline"] = row.timeline
    resource["metadata"] = row.metadata
    resource["images"] = row.images or []
    return resource
