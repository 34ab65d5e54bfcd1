"""How each status looks."""

from typing import NamedTuple

from schema.statuses import Status


class Look(NamedTuple):
    """An icon and rich's name of a colour."""

    icon: str
    colour: str


LOOKS = {
    Status.PENDING: Look("◷", "yellow"),
    Status.QUEUED: Look("○", "cyan"),
    Status.PROCESSING: Look("◐", "magenta"),
    Status.DOWNLOADING: Look("↓", "blue"),
    Status.COMPLETED: Look("✔", "green"),
    Status.FAILED: Look("✘", "red"),
    Status.CANCELLED: Look("⊘", "bright_black"),
}
UNKNOWN = Look("?", "white")
WIDTH = max(map(len, Status))
"""Columns that the longest status takes."""


def look_of(status: str) -> Look:
    """The look of a status, also of one that a newer server may have."""
    return LOOKS[Status(status)] if status in LOOKS else UNKNOWN
