"""The book: what the torture asked from outside, and what it was answered. The audit holds Darkroom to it."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Accepted:
    """A submission that was answered with 202."""

    id: str
    number: int
    prompt: str


@dataclass
class Followed:
    """What one websocket saw of one generation: versions and statuses in the order they came."""

    seen: list[tuple[int, str]] = field(default_factory=list)
    ended: str = "it was still waiting when everything had ended"
    """Empty once it saw a final status; else why it did not."""


@dataclass(frozen=True)
class Heard:
    """A webhook that was verified and taken."""

    message: str
    """Its id."""
    generation_id: str
    version: int
    status: str


@dataclass
class Book:
    """Everything noted in one run."""

    accepted: list[Accepted] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Submissions that nobody took, and why."""
    cancelled: Counter[str] = field(default_factory=Counter)
    """How often a cancel of this id was answered with 200."""
    retried: Counter[str] = field(default_factory=Counter)
    """How often a retry of this id was answered with 202."""
    followed: dict[str, Followed] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)
    """Every webhook, as often as it came."""
    forged: list[str] = field(default_factory=list)
    """Webhooks whose signature did not match."""
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often each door gave each answer: a status, or what became of the connection."""
    wrong: dict[tuple[str, str], str] = field(default_factory=dict)
    """An example of every answer that a door may not give."""
