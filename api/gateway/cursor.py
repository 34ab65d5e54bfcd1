"""The cursor of a feed: up to where its subscriber has seen everything. Opaque to clients."""

from typing import NamedTuple


class Cursor(NamedTuple):
    """A place in one history of one database."""

    history: str
    horizon: int
    """Transactions below it are all behind the subscriber."""

    def __str__(self) -> str:
        return f"{self.history}:{self.horizon:x}"


def read_cursor(text: str) -> Cursor | None:
    """The cursor that `str` wrote, or None when it is none."""
    history, colon, horizon = text.partition(":")
    try:
        return Cursor(history, int(horizon, 16)) if colon and history else None
    except ValueError:
        return None
