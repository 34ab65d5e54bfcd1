"""A generation as the HTTP door answers it."""

from typing import Any, NotRequired, TypedDict


class TimelineEntry(TypedDict):
    """One status that the generation reached."""

    v: int
    status: str
    at: str
    """ISO 8601, with a zone."""
    attempt: int
    why: NotRequired[str]


class Image(TypedDict):
    """One finished picture."""

    idx: int
    url: str
    """Permanent; relative to the server unless it names a host."""
    width: int
    height: int
    format: str
    file_size: int
    """Bytes."""


class Generation(TypedDict):
    """The resource: the row's columns, its timeline and its pictures. Times are ISO 8601 with a zone."""

    id: str
    job_id: str
    user_id: str | None
    prompt: str
    negative_prompt: str | None
    model: str
    model_id: str
    style: str | None
    width: int | None
    height: int | None
    steps: int | None
    guidance_scale: float | None
    seed: int | None
    source_image_url: str | None
    generation_strength: float | None
    status: str
    error_message: str | None
    retry_count: int
    priority: int
    replicate_prediction_id: str | None
    generation_time_seconds: float | None
    batch_id: str | None
    batch_index: int | None
    created_at: str
    updated_at: str
    completed_at: str | None
    version: int
    progress: float | None
    attempt_number: int
    max_attempts: int
    possible_double_charge: int
    """How many predictions may have been paid for beyond the one that it uses."""
    metadata: dict[str, Any] | None
    timeline: list[TimelineEntry]
    images: list[Image]


class GenerationPage(TypedDict):
    """One page of a list, newest first."""

    items: list[Generation]
    next_cursor: str | None
