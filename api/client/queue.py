"""The queue as GET /v1/queue answers it."""

from typing import NotRequired, TypedDict


class Lane(TypedDict):
    """One provider's lane."""

    lane: str
    cap: int
    """Predictions that may be in flight at once."""
    in_flight: int
    paused: bool
    state: NotRequired[str]
    """Of the breaker: `closed`, `open`, `half open`; or `paused`."""
    trouble: NotRequired[str | None]
    """What the provider last said, while it does not sell."""
    tries_again_at: NotRequired[str | None]
    creates_per_minute: NotRequired[int | None]
    possible_double_charge: NotRequired[int]
    """How many predictions may have been paid for that no generation uses."""


class Cost(TypedDict):
    """What was paid, in US dollars."""

    today_usd: float
    month_usd: float
    budget_usd: float | None
    budget_period: str | None
    budget_left_usd: float | None


class Queue(TypedDict):
    """What waits, what runs, what was paid, and what the last hour brought."""

    counts: dict[str, int]
    lanes: list[Lane]
    cost: NotRequired[Cost]
    """Not over the websocket: there everybody is told the same."""
    completed_last_hour: NotRequired[int]
    failed_last_hour: NotRequired[int]
