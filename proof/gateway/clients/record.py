"""What one client asked for, and what it heard."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from proof.gateway.people import Person

Cursor = int | str | None


class Heard(NamedTuple):
    """A transition frame, but for the generation's body: of that only what tells whose it is and how new."""

    id: str
    version: int
    status: str
    at: str
    cursor: Cursor
    owner: str | None
    batch: str | None
    row_version: int
    """The version of the generation beside it."""
    place: int
    """Which frame of its connection it was."""


@dataclass(eq=False)
class Subscription:
    """One subscribe on one connection, and what came of it. `alive` until its connection or its topic was left."""

    client: int
    connection: int
    topic: str
    after: Cursor
    confirmed_at: float | None = None
    """Epoch seconds."""
    resumed: bool = False
    cursor: Cursor = None
    """The confirmation's."""
    refused: int | None = None
    """The problem's status."""
    heard: list[Heard] = field(default_factory=list)
    told: dict[str, Any] | None = None
    """The last frame with counts: a batch's, or the queue's."""
    progress: dict[str, float] = field(default_factory=dict)
    """Whose progress was told, and when last, in epoch seconds."""
    alive: bool = True

    @property
    def name(self) -> str:
        """What a person finds it by in the client's journal."""
        after = "" if self.after is None else f" after {self.after}"
        return f"client {self.client}, connection {self.connection}, {self.topic}{after}"


@dataclass
class Record:
    """A client's whole memory."""

    number: int
    person: Person
    connections: int = 0
    subscriptions: list[Subscription] = field(default_factory=list)
    wanted: list[str] = field(default_factory=list)
    """What it followed to the end."""
    unasked: list[str] = field(default_factory=list)
    """Frames on topics that the connection did not follow, in short."""
    endings: Counter[str] = field(default_factory=Counter)
    """Why connections ended, however they did."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Connections that were ended by force, by the way it was done."""

    @property
    def name(self) -> str:
        """As it stands in findings."""
        return f"client {self.number}"
