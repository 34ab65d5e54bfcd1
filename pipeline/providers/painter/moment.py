"""Times as Replicate writes them."""

from datetime import UTC, datetime


def iso(at: float | None) -> str | None:
    """Seconds since the epoch as `2025-01-31T12:00:00.123456Z`; None stays None."""
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")[:-6] + "Z"
