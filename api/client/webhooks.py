"""Webhooks as the doors of /v1/webhooks answer them."""

from typing import NotRequired, TypedDict


class Try(TypedDict):
    """One request to the receiver."""

    at: str
    """ISO 8601, with a zone."""
    seconds: NotRequired[float]
    """Absent when the worker that sent it was lost."""
    status: NotRequired[int | None]
    error: NotRequired[str | None]
    answer: NotRequired[str | None]
    """How the answer's body begins."""


class Delivery(TypedDict):
    """One event on its way to its receiver."""

    id: str
    """The `webhook-id` of all its tries."""
    type: str
    generation_id: str
    version: int
    user_id: str
    url: str
    state: str
    attempts: int
    next_try_at: str | None
    created_at: str
    settled_at: str | None
    last_try: Try | None


class WholeDelivery(Delivery):
    """The same with everything that is known of it."""

    tries: list[Try]
    payload: str
    """The body, byte for byte."""


class DeliveryPage(TypedDict):
    """One page of a list, newest first."""

    items: list[Delivery]
    next_cursor: str | None


class RotatedSecret(TypedDict):
    """One that signs beside the current one for a while."""

    secret: str
    ends_at: str


class WebhookSecret(TypedDict):
    """What signs your webhooks."""

    secret: str
    created_at: str
    previous: list[RotatedSecret]
