"""The statuses a generation can have. Stored as text with a CHECK: an enum's dead values can never be dropped."""

from enum import StrEnum


class Status(StrEnum):
    """Where a generation stands; `pipeline.transitions` says how it gets from one to the next."""

    PENDING = "pending"
    """Accepted, not due yet: scheduled for later, or backing off before another try."""
    QUEUED = "queued"
    """Waits for a free slot at the provider."""
    PROCESSING = "processing"
    """An attempt is committed: the provider develops the picture, or is just being asked to."""
    DOWNLOADING = "downloading"
    """The provider has finished; its outputs are on their way into the store."""
    COMPLETED = "completed"
    """Every picture lies in the store."""
    FAILED = "failed"
    """Given up, with a reason a person understands."""
    CANCELLED = "cancelled"
    """Called off by its owner."""

    @property
    def is_final(self) -> bool:
        """Whether nothing moves this generation any more by itself."""
        return self in FINAL


FINAL = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})
WORKING = frozenset({Status.PENDING, Status.PROCESSING, Status.DOWNLOADING})
"""Statuses in which a row must carry `due_at`, so that no row can be forgotten."""


def sql_list(statuses: frozenset[Status]) -> str:
    """The statuses as SQL literals, sorted: `'a', 'b'`. Literal, because a bound one defeats partial indexes."""
    return ", ".join(f"'{status}'" for status in sorted(statuses))
