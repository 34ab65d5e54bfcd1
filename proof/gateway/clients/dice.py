"""What a client leaves to its dice: how long it stays away, and from where it resumes."""

from collections.abc import Sequence
from random import Random

from proof.gateway.clients.record import Cursor

PAUSES = ((0.0, 0.3), (0.3, 1.5), (3.0, 6.0))
"""Seconds between two connections: at once, as most do; after a while; or so late that much has happened."""
PAUSES_SHARES = (0.70, 0.25, 0.05)
STALE, FROM_NOTHING = 0.12, 0.08
"""How often a topic is resumed from an earlier cursor than its last one, and how often from none."""


def pause(dice: Random) -> float:
    """Seconds until the next try to connect."""
    (span,) = dice.choices(PAUSES, PAUSES_SHARES)
    return dice.uniform(*span)


def after(dice: Random, cursors: Sequence[Cursor]) -> Cursor:
    """The cursor to resume a topic from, of those that were received on it."""
    drawn = dice.random()
    if not cursors or drawn < FROM_NOTHING:
        return None
    return dice.choice(cursors) if drawn < FROM_NOTHING + STALE else cursors[-1]
