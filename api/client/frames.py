"""The websocket's frames that a watcher gets to see."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, cast

from api.client.generation import Generation, TimelineEntry
from schema.statuses import FINAL


@dataclass(frozen=True, slots=True)
class Transition:
    """The generation reached a status."""

    id: str
    status: str
    version: int
    at: str
    """When it committed; ISO 8601, with a zone."""
    generation: Generation
    """The row as it is now, which for a replayed transition is later than the transition itself."""
    frame: Mapping[str, Any]
    """The frame as it came over the wire."""

    @classmethod
    def from_frame(cls, frame: Mapping[str, Any]) -> Self:
        """Read a `transition` frame."""
        generation = cast("Generation", frame["generation"])
        return cls(frame["id"], frame["status"], frame["version"], frame["at"], generation, frame)

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

    @classmethod
    def from_frame(cls, frame: Mapping[str, Any]) -> Self:
        """Read a `progress` frame."""
        return cls(frame["id"], frame.get("progress"), frame.get("position"), frame.get("eta_seconds"))


Event = Transition | Progress
