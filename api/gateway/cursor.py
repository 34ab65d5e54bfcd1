"""The cursor of a feed: up to where its subscriber has seen everything. Opaque to clients."""

import re
from typing import NamedTuple

_CURSOR = re.compile(r"([0-9a-f]{1,16}\.[0-9a-f]{1,16}\.[0-9a-f]{1,16}):([0-9a-f]{1,16})")
"""As feed.read_history names a history, and 64 bits of a transaction id."""


class Cursor(NamedTuple):
    """A place in one history of one database."""

    history: str
    horizon: int
    """Transactions below it are all behind the subscriber."""

    def __str__(self) -> str:
        return f"{self.history}:{self.horizon:x}"


def read_cursor(text: str) -> Cursor | None:
    """The cursor that `str` wrote, or None when it is none."""
    found = _CURSOR.fullmatch(text)
    return Cursor(found[1], int(found[2], 16)) if found else None
