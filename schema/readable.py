"""What the reader may select: what `/rest/v1` shows of the old tables and views, by the old names, and nothing else."""

from collections.abc import Mapping

READABLE: Mapping[str, tuple[str, ...]] = {
    "image_generations": (
        "id", "user_id", "prompt", "negative_prompt", "model", "model_id", "style", "width", "height", "steps",
        "guidance_scale", "seed", "source_image_url", "generation_strength", "status", "error_message", "retry_count",
        "priority", "replicate_prediction_id", "generation_time_seconds", "batch_id", "batch_index", "created_at",
        "updated_at", "completed_at", "version", "progress",
    ),
    "images": (
        "id", "generation_id", "idx", "user_id", "filename", "storage_path", "public_url", "file_size", "width",
        "height", "format", "prompt", "negative_prompt", "model", "blurhash", "created_at",
    ),
    "batches": ("id", "name"),
    "job_queue": (
        "id", "job_type", "payload", "status", "priority", "attempt_number", "max_attempts", "result", "error_message",
        "created_at", "updated_at", "completed_at",
    ),
    "queue_health": (
        "pending_jobs", "processing_jobs", "completed_last_hour", "failed_last_hour", "avg_processing_time_seconds",
    ),
    "failed_jobs_recent": (
        "id", "job_type", "payload", "error_message", "attempt_number", "max_attempts", "created_at", "updated_at",
        "completed_at",
    ),
    "stuck_jobs": ("id", "job_type", "payload", "attempt_number", "max_attempts", "created_at", "updated_at"),
    "batch_generations": (
        "id", "user_id", "total_count", "completed_count", "failed_count", "status", "created_at", "completed_at",
        "model_id", "model_version", "width", "height", "steps", "guidance_scale",
    ),
    "batch_progress": (
        "id", "user_id", "total_count", "completed_count", "failed_count", "status", "processing_count", "items",
    ),
}  # fmt: skip
"""Columns by their table or view. A test holds them against the catalogue of `/rest/v1`."""
