"""The frames of one generation, held against what the gateway promises: each version once, in order, nothing else."""

from collections.abc import Mapping
from typing import Any

from proof.bench.failure import BenchFailed

STATUSES = ("queued", "processing", "downloading", "completed")
"""What a generation with which nothing goes wrong passes through, version by version."""


class Sequence:
    """What one subscription to `generation:<id>` was sent so far."""

    def __init__(self, generation_id: str) -> None:
        self.topic = f"generation:{generation_id}"
        self._id = generation_id
        self._frames = 0

    def take(self, frame: Mapping[str, Any]) -> bool:
        """Check the next frame; whether the stream is complete with it. Raises BenchFailed for a wrong one."""
        if frame.get("type") == "progress" and frame.get("topic") == self.topic and 0 < self._frames <= len(STATUSES):
            return False  # promised to come or not
        self._expect(frame, self._next())
        self._frames += 1
        return self._frames > len(STATUSES)

    def end(self, frame: Mapping[str, Any]) -> None:
        """Check the frame that answers the unsubscribe: nothing may have come between."""
        self._expect(frame, {"type": "unsubscribed", "topic": self.topic})

    def _next(self) -> dict[str, Any]:
        version = self._frames
        if version == 0:
            return {"type": "subscribed", "topic": self.topic}
        status = STATUSES[version - 1]
        return {
            "type": "transition",
            "topic": self.topic,
            "id": self._id,
            "status": status,
            "version": version,
            "cursor": version,
        }

    def _expect(self, frame: Mapping[str, Any], expected: dict[str, Any]) -> None:
        got = {name: frame.get(name) for name in expected}
        if got != expected:
            raise BenchFailed(f"{self.topic}: frame {self._frames + 1} should be {expected} and is {dict(frame)}")
