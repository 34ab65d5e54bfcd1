"""What a client carries from one connection to the next: where each topic may be resumed."""

from proof.gateway.clients.record import Cursor

REMEMBERED = 60
"""Cursors of a topic from which a stale one is drawn."""


class Carried:
    """The cursors of each topic, oldest first."""

    def __init__(self) -> None:
        self._cursors: dict[str, list[Cursor]] = {}

    def of(self, topic: str) -> list[Cursor]:
        """Every cursor that was received on the topic since it last began anew; the last one is the place to go on."""
        return self._cursors.get(topic, [])

    def take(self, topic: str, cursor: Cursor) -> None:
        """A frame with this cursor was received."""
        known = self._cursors.setdefault(topic, [])
        if cursor is not None and (not known or known[-1] != cursor):
            known.append(cursor)
            del known[:-REMEMBERED]

    def forget(self, topic: str) -> None:
        """The topic has begun anew."""
        self._cursors.pop(topic, None)
