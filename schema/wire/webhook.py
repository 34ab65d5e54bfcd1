"""Webhooks: what is sent to a receiver, and what their owner sees of it."""

from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime
from pydantic.json_schema import SkipJsonSchema

from schema.delivery_states import DeliveryState
from schema.statuses import Status
from schema.wire.shown import Count, Shown, Version

EventType = Literal["generation.completed", "generation.failed", "generation.cancelled"]


class EventImage(Shown):
    """A finished picture."""

    id: UUID
    idx: Count
    """Its number among the pictures of this generation."""
    url: str
    """Permanent."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    format: str
    file_size: Count
    """Bytes."""


class EventData(Shown):
    """The generation as it stood at that transition. The fields are the resource's."""

    id: UUID
    user_id: str
    batch_id: UUID | None
    batch_index: int | None
    status: Status
    version: Version
    """Which of its transitions this is: of two events about one generation, the higher version is the later one."""
    at: AwareDatetime
    """When it was committed."""
    why: str | None
    """The reason, in words for people."""
    error_message: str | None
    """At most 2,000 characters."""
    prompt: str | None
    negative_prompt: str | None
    model_id: str
    model_version: str | None
    style: str | None
    width: int | None
    height: int | None
    steps: int | None
    guidance_scale: float | None
    seed: int | None
    source_image_url: str | None
    generation_strength: float | None
    num_outputs: int
    provider: str
    priority: int
    generation_time_seconds: float | None
    attempt_number: Count
    created_at: AwareDatetime
    completed_at: AwareDatetime | None
    estimated_cost: float | None
    cost: float | None
    possible_double_charge: Count
    metadata: dict[str, Any] | None
    """What the client gave, untouched."""
    images: list[EventImage]
    """Empty unless it is completed."""
    left_out: list[str]
    """Fields that are null here because the body would be over 20 kB; the resource has them."""


class Event(Shown):
    """The body of a webhook, after Standard Webhooks: a generation has reached a final status."""

    type: EventType
    timestamp: AwareDatetime
    """When it happened."""
    data: EventData


class Try(Shown):
    """One request to the receiver."""

    at: AwareDatetime
    """When it was begun."""
    seconds: float | SkipJsonSchema[None] = None
    """How long it took; absent when the worker that sent it was lost, and nobody knows what came of it."""
    status: int | None = None
    """What the receiver answered; null when no answer came."""
    error: str | None = None
    """Why it was no success, where the status does not say it."""
    answer: str | None = None
    """How the answer's body begins: its first 500 bytes."""


class Delivery(Shown):
    """One event on its way to the address that its generation was given."""

    id: UUID
    """The `webhook-id` of all its tries."""
    type: EventType
    generation_id: UUID
    version: Version
    """Of the generation, at that transition."""
    user_id: str
    url: str
    state: DeliveryState
    attempts: Count
    """Tries since it was made, or last replayed."""
    next_try_at: AwareDatetime | None
    """When it is tried next, while it is pending."""
    created_at: AwareDatetime
    settled_at: AwareDatetime | None
    """When it was delivered, given up or disabled."""
    last_try: Try | None


class WholeDelivery(Delivery):
    """A delivery with everything that is known of it."""

    tries: list[Try]
    """The last 40, oldest first."""
    payload: str
    """The body, byte for byte: an `Event` as JSON."""


class DeliveryList(Shown):
    """A page of deliveries, newest first."""

    items: list[Delivery]
    next_cursor: str | None
    """For the next page; null on the last one."""


class RotatedSecret(Shown):
    """A secret that was rotated and signs beside the current one for a while."""

    secret: str
    ends_at: AwareDatetime
    """From then on it signs no more."""


class WebhookSecret(Shown):
    """What signs your webhooks."""

    secret: str
    """`whsec_` and 32 bytes in base64, as the Standard Webhooks libraries take it."""
    created_at: AwareDatetime
    previous: list[RotatedSecret]
    """Latest first; each one signs too, so that receivers can be given the new one in peace."""
