"""The queue as GET /v1/queue answers it."""

from typing import NotRequired, TypedDict


class Lane(TypedDict):
    """One provider's lane."""

    lane: str
    cap: int
    """Predictions that may be in flight at once."""
    in_flight: int
    paused: bool


class Queue(TypedDict):
    """What waits, what runs, and what the last hour brought."""

    counts: dict[str, int]
    lanes: list[Lane]
    completed_last_hour: NotRequired[int]
    failed_last_hour: NotRequired[int]
