"""The book: what the proof did and asked for. The audit needs it beside the rows and the clients' records."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple


class Batch(NamedTuple):
    """A batch that was accepted."""

    id: str
    owner: str
    members: frozenset[str]


class Gift(NamedTuple):
    """A generation that a person in psql gave to another user."""

    version: int
    """The version it had then: up to this one its first owner could see it."""
    giver: str
    taker: str
    at: float
    """When it was committed, at the latest; epoch seconds."""


class Probe(NamedTuple):
    """A listener was cut. What was committed without a notice before it came back; and what, with one, well after."""

    unnoticed: tuple[str, int]
    """Generation and version."""
    noticed: tuple[str, int]
    witnesses: tuple[tuple[int, int], ...]
    """Clients by number, and the connection that they kept meanwhile: one on every gateway."""


@dataclass
class Book:
    """Everything noted in one run."""

    submitted: list[str] = field(default_factory=list)
    """The load's generations, oldest first."""
    batches: dict[str, Batch] = field(default_factory=dict)
    given: dict[str, Gift] = field(default_factory=dict)
    probes: list[Probe] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    """How often what was done to the gateways and the rows, by its name."""
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often each door gave each answer: a status, or what became of the connection."""
    wrong: dict[tuple[str, str], str] = field(default_factory=dict)
    """An example of every answer that a door may not give."""
