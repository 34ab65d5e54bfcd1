"""The websocket's frames that a watcher gets to see."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, cast

from api.client.generation import Generation, TimelineEntry
from api.client.queue import Queue
from schema.statuses import FINAL


@dataclass(frozen=True, slots=True)
class Transition:
    """The generation reached a status."""

    id: str
    status: str
    version: int
    at: str
    """When it committed; ISO 8601, with a zone."""
    cursor: int | str | None
    """What `after` takes to go on behind this one, for one generation its version; None while there is none yet."""
    generation: Generation
    """The row as it is now, which for a replayed transition is later than the transition itself."""
    frame: Mapping[str, Any]
    """The frame as it came over the wire."""

    @classmethod
    def from_frame(cls, frame: Mapping[str, Any], cursor: int | str | None) -> Self:
        """Read a `transition` frame; `cursor` is where it is safe to go on after it."""
        generation = cast("Generation", frame["generation"])
        return cls(frame["id"], frame["status"], frame["version"], frame["at"], cursor, generation, frame)

    @property
    def entry(self) -> TimelineEntry | None:
        """This transition's entry in the timeline: which attempt, and why."""
        timeline = self.generation.get("timeline") or []
        return next((entry for entry in timeline if entry["v"] == self.version), None)

    @property
    def is_last(self) -> bool:
        """Whether nothing follows by itself: a final status that no retry has left since."""
        return self.status in FINAL and self.generation.get("version", self.version) <= self.version


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is; the latest one wins, and any may be missing."""

    id: str
    progress: float | None
    """Percent, while the provider works."""
    position: int | None
    """Place in the queue, roughly, while it waits."""
    eta_seconds: float | None
    """Until it is completed, roughly."""
    eta_error_seconds: float | None
    """By how much that may be off, either way."""

    @classmethod
    def from_frame(cls, frame: Mapping[str, Any]) -> Self:
        """Read a `progress` frame."""
        names = ("progress", "position", "eta_seconds", "eta_error_seconds")
        return cls(frame["id"], *(frame.get(name) for name in names))


@dataclass(frozen=True, slots=True)
class BatchCounts:
    """How many of a batch's generations stand where; the latest one wins."""

    id: str
    """The batch's."""
    counts: Mapping[str, int]
    """By status."""
    frame: Mapping[str, Any]
    """The frame as it came over the wire."""

    @classmethod
    def from_frame(cls, frame: Mapping[str, Any]) -> Self:
        """Read a `batch` frame."""
        return cls(frame["topic"].partition(":")[2], frame["counts"], frame)


@dataclass(frozen=True, slots=True)
class QueueStanding:
    """How the queue stands; the latest one wins."""

    queue: Queue
    """As GET /v1/queue answers it."""

    @classmethod
    def from_frame(cls, frame: Mapping[str, Any]) -> Self:
        """Read a `queue` frame."""
        return cls(cast("Queue", {name: frame[name] for name in frame if name not in ("type", "topic")}))


@dataclass(frozen=True, slots=True)
class Reset:
    """What follows begins anew, and between it and what came before some transitions may be missing.

    The server could not resume: too much was missed, the cursor is too old, or its database was restored.
    """


Event = Transition | Progress | Reset
BatchEvent = Event | BatchCounts
