"""What is known of the old design's tables: their columns, and what each may be of.

Source: the old guide's steps 1.2 and 1.4, and the columns that its apps read.
"""

from typing import NamedTuple

TEXT = frozenset({"text", "character varying", "USER-DEFINED"})
"""An enum is a text that is written down elsewhere."""
OWNER = TEXT | {"uuid"}
WHOLE = frozenset({"smallint", "integer", "bigint"})
NUMBER = WHOLE | {"real", "double precision", "numeric"}
MOMENT = frozenset({"timestamp with time zone"})
UUID = frozenset({"uuid"})
JSON = frozenset({"jsonb", "json"})


class Known(NamedTuple):
    """A table of the old design."""

    columns: dict[str, frozenset[str]]
    """Types of Postgres, by column."""
    needed: frozenset[str]
    """Columns without which nothing can be made of it."""


TABLES: dict[str, Known] = {
    "image_generations": Known(
        {
            "id": UUID,
            "user_id": OWNER,
            "prompt": TEXT,
            "negative_prompt": TEXT,
            "model": TEXT,
            "model_id": TEXT,
            "model_version": TEXT,
            "style": TEXT,
            "width": WHOLE,
            "height": WHOLE,
            "steps": WHOLE,
            "num_inference_steps": WHOLE,
            "guidance_scale": NUMBER,
            "seed": WHOLE,
            "source_image_url": TEXT,
            "generation_strength": NUMBER,
            "status": TEXT,
            "error_message": TEXT,
            "retry_count": WHOLE,
            "priority": WHOLE,
            "replicate_prediction_id": TEXT,
            "generation_time_seconds": NUMBER,
            "batch_id": UUID,
            "batch_index": WHOLE,
            "created_at": MOMENT,
            "updated_at": MOMENT,
            "completed_at": MOMENT,
        },
        frozenset({"id", "prompt", "status", "created_at"}),
    ),
    "images": Known(
        {
            "id": UUID,
            "generation_id": UUID,
            "user_id": OWNER,
            "filename": TEXT,
            "storage_path": TEXT,
            "public_url": TEXT,
            "file_size": WHOLE,
            "width": WHOLE,
            "height": WHOLE,
            "format": TEXT,
            "prompt": TEXT,
            "negative_prompt": TEXT,
            "model": TEXT,
            "blurhash": TEXT,
            "created_at": MOMENT,
            "updated_at": MOMENT,
        },
        frozenset({"id", "generation_id", "public_url", "created_at"}),
    ),
    "job_queue": Known(
        {
            "id": UUID,
            "job_type": TEXT,
            "payload": JSON,
            "status": TEXT,
            "priority": WHOLE,
            "attempt_number": WHOLE,
            "max_attempts": WHOLE,
            "result": JSON,
            "error_message": TEXT,
            "created_at": MOMENT,
            "updated_at": MOMENT,
            "completed_at": MOMENT,
        },
        frozenset({"id", "payload", "status", "created_at"}),
    ),
    "batch_generations": Known(
        {
            "id": UUID,
            "user_id": OWNER,
            "name": TEXT,
            "total_count": WHOLE,
            "completed_count": WHOLE,
            "failed_count": WHOLE,
            "status": TEXT,
            "created_at": MOMENT,
            "completed_at": MOMENT,
            "model_id": TEXT,
            "model_version": TEXT,
            "width": WHOLE,
            "height": WHOLE,
            "steps": WHOLE,
            "guidance_scale": NUMBER,
        },
        frozenset({"id", "total_count", "created_at"}),
    ),
}
"""In the order in which they are looked at. Only the first must be there."""

STATUSES = {
    "image_generations": frozenset(
        {"pending", "queued", "processing", "downloading", "completed", "failed", "cancelled"}
    ),
    "job_queue": frozenset({"pending", "processing", "completed", "failed"}),
}

SET_ASIDE = "supabase_before"
"""The schema in which the old tables stand after a move in place."""
PUT_BACK = "darkroom_after"
"""The schema in which Darkroom's stand after it was taken back."""
NAMES = ("queue_health", "failed_jobs_recent", "stuck_jobs", "batch_progress")
"""Views of the old design whose names Darkroom's own have."""
FUNCTIONS = ("enqueue_job", "claim_next_job", "complete_job")
