"""What a driver is told to do, and what it brings back."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One run: `warm_up` generations that do not count, then `count` that do, `at_once` under way at a time."""

    kind: Literal["generations", "floor"]
    count: int
    warm_up: int
    at_once: int
    """Clients, or the floor's connections."""
    database_url: str = ""
    """The floor's database."""
    url: str = ""
    """Where web listens."""
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One generation as its client saw it. Times are seconds since the epoch."""

    prediction_id: str
    seconds: float
    """From just before the POST to the completed frame."""
    posted_at: float
    answered_at: float
    completed_at: float
    timeline: list[float]
    """When it was queued, processing, downloading, completed, by the row's own account."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A whole run. `seconds` is wall time, `cpu_seconds` the driver's own CPU."""

    seconds: float
    cpu_seconds: float
    seen: list[Seen]
    """Empty for the floor."""
