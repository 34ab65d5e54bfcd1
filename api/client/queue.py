"""The queue as GET /v1/queue answers it."""

from typing import TypedDict


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
    completed_last_hour: int
    failed_last_hour: int
