"""What a transition leaves behind for others: who moved, to which version, and whose it is."""

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row


class Move(NamedTuple):
    """One row that moved. Enough for a gateway to know who wants to look again."""

    id: UUID
    version: int
    user_id: str | None
    batch_id: UUID | None


MOVED = "g.id, g.version, g.user_id, g.batch_id"
"""The columns of a Move, for RETURNING; a statement may return more beside them."""


def as_move(row: Row[Any]) -> Move:
    """The Move in a row that returned MOVED."""
    return Move(row.id, row.version, row.user_id, row.batch_id)
