"""The generation as everyone outside sees it: the resource of the HTTP doors, and what a transition frame carries."""

from typing import Any
from uuid import UUID

from pydantic import AwareDatetime
from pydantic.json_schema import SkipJsonSchema

from schema.statuses import Status
from schema.wire.shown import Count, Percent, Shown, Version


class TimelineEntry(Shown):
    """One status that the generation reached."""

    v: Version
    """The generation's version with this entry; the first one has 1."""
    status: Status
    at: AwareDatetime
    """When it was committed."""
    attempt: Count
    """Which purchase it belongs to; 0 before the first."""
    provider: str | SkipJsonSchema[None] = None
    """Who is asked for it, of an entry that begins an attempt."""
    why: str | SkipJsonSchema[None] = None
    """The reason, in words for people; absent when there is nothing to say."""


class Image(Shown):
    """A finished picture."""

    id: UUID
    idx: Count
    """Its number among the pictures of this generation."""
    url: str
    """Permanent; a path on this server, or an address of the bucket."""
    filename: str
    storage_path: str
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    format: str
    """By its content: `png`, `jpg`, `webp`, `gif`, `avif` or `svg`."""
    file_size: Count
    """Bytes."""
    blurhash: str | None


class Generation(Shown):
    """One request for pictures, as it stands now."""

    id: UUID
    job_id: UUID
    """The same as `id`, by the name that old apps know."""
    user_id: str | None
    """Its owner; null when it came with the anonymous key."""
    prompt: str
    negative_prompt: str | None
    model: str
    model_id: str
    model_version: str | None
    style: str | None
    width: int | None
    height: int | None
    steps: int | None
    guidance_scale: float | None
    seed: int | None
    """Drawn when none was given; the same one makes the same picture."""
    source_image_url: str | None
    generation_strength: float | None
    num_outputs: int
    provider: str
    """Who develops it, or will."""
    status: Status
    error_message: str | None
    retry_count: Count
    """Tries of the present stage beyond its first."""
    priority: int
    """Higher goes first."""
    replicate_prediction_id: str | None
    generation_time_seconds: float | None
    """How long the provider worked."""
    batch_id: UUID | None
    batch_index: int | None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    completed_at: AwareDatetime | None
    deadline: AwareDatetime | None
    version: Version
    """How many entries the timeline has; every transition adds one."""
    progress: Percent | None
    attempt_number: Count
    """Purchases so far."""
    max_attempts: int
    webhook_url: str | None
    possible_double_charge: Count
    """How many predictions may have been paid for beyond the one that it uses."""
    estimated_cost: float | None
    """What one attempt is thought to cost, in US dollars; null when the model's price is unknown."""
    cost: float | None
    """What was paid for it so far, all attempts together, in US dollars; null while nothing was, or nobody knows."""
    timeline: list[TimelineEntry]
    """Oldest first."""
    metadata: dict[str, Any] | None
    """What the client gave, untouched."""
    images: list[Image]
    """Empty until it is completed."""


class GenerationList(Shown):
    """A page of generations, newest first."""

    items: list[Generation]
    next_cursor: str | None
    """For the next page; null on the last one."""
