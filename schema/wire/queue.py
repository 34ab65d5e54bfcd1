"""The queue at a glance, as GET /v1/queue answers and the topic `queue` tells it."""

from typing import Literal

from pydantic import AwareDatetime

from schema.statuses import Status
from schema.wire.shown import Count, Shown


class Lane(Shown):
    """One provider's lane, or that of one of its models."""

    lane: str
    """The provider, and behind a space its model, where that has a lane of its own."""
    cap: int
    """Predictions that may be in flight at once."""
    in_flight: Count
    paused: bool
    state: Literal["closed", "open", "half open", "paused"]
    """Of the breaker. `open`: nothing is bought until `tries_again_at`; `half open`: one goes ahead and tries."""
    trouble: str | None
    """What the provider last said, while it does not sell."""
    tries_again_at: AwareDatetime | None
    creates_per_minute: int | None
    """Purchases a minute; null without a limit."""
    possible_double_charge: Count
    """How many predictions may have been paid for that no generation uses."""


class Queue(Shown):
    """What waits and what runs."""

    counts: dict[Status, Count]
    """How many unfinished generations stand where."""
    lanes: list[Lane]


class Cost(Shown):
    """What was paid, in US dollars; days and months are UTC's."""

    today_usd: float
    month_usd: float
    budget_usd: float | None
    """Null without a budget."""
    budget_period: Literal["day", "month"] | None
    budget_left_usd: float | None
    """Below nothing when the last pictures cost more than was thought."""


class QueueAndCost(Queue):
    """What waits, what runs, and what was paid."""

    cost: Cost
    """Your own; for a service key everybody's together."""
