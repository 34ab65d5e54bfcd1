"""A prediction, as every provider's answer is read: what was asked, how it stands, what came out."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pipeline.providers.refusals import Cause

SUCCEEDED = "succeeded"
NAMELESS = ""
"""The id of a listed prediction that has lost it: something was bought, and nobody can ask after it."""


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """One purchase at a provider."""

    id: str
    status: str
    """`starting`, `processing`, or when finished `succeeded`, `failed`, `canceled`, `aborted`."""
    finished: bool
    input: dict[str, Any] | None
    created_at: datetime | None
    output: list[str] = field(default_factory=list)
    """Addresses of the pictures; empty until it has succeeded, and again when the provider has deleted them."""
    unreadable: str | None = None
    """What came instead, as JSON, shortened: it has succeeded, and no picture could be found in its output."""
    error: str | None = None
    """Why it failed: one line, bounded, as a row can keep it."""
    cause: Cause | None = None
    """What is behind its failure, by the provider's own codes and fields. None: they leave it open."""
    withheld: int = 0
    """Pictures that the provider's moderation has kept back. They are not in `output`, and are billed."""
    seconds: float | None = None
    """How long the provider worked on it."""
    progress: int | None = None
    """Percent, from the log."""

    def record(self) -> dict[str, Any] | None:
        """What the row keeps of a finished prediction; None while it is under way."""
        if not self.finished:
            return None
        kept = {
            "status": self.status,
            "output": self.output,
            "unreadable": self.unreadable,
            "error": self.error,
            "seconds": self.seconds,
            "cause": self.cause,
            "withheld": self.withheld or None,
        }
        return {name: value for name, value in kept.items() if value is not None}
