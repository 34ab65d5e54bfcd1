"""Places of a pool, shared among those whose work takes them: any amount of one's slow work leaves room for others.

Everybody may hold as many places as are free. One alone gets half of a pool, two a third each, and so on: there is
always one left for somebody who has none.
"""

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple


class Share(NamedTuple):
    """What may be begun now."""

    crowded: list[str]
    """Those who hold as many places as are free: nothing of theirs is begun until one of them is given back."""
    most: int
    """How many more may be begun at once, even if all of them are of one of the others."""


class FairPlaces:
    """Counts who holds how many places. `free` says how many places are left."""

    def __init__(self, free: Callable[[], int]) -> None:
        self._free = free
        self._held: Counter[str] = Counter()
        self._left_out: set[str] = set()

    def share(self, most: int) -> Share:
        """What may be begun of up to `most`, while at least one place is free."""
        free = self._free()
        crowded = [who for who, held in self._held.items() if held >= free]
        self._left_out.update(crowded)
        largest = max((held for held in self._held.values() if held < free), default=0)
        # Each place that is taken is one more that is held and one less that is free.
        return Share(crowded, min(most, (free - largest + 1) // 2))

    def take(self, who: str) -> None:
        """Count a place that `who` takes."""
        self._held[who] += 1

    def give_back(self, who: str) -> bool:
        """Count a place that `who` gives back; whether they had been left out, and may go on now."""
        self._held[who] -= 1
        if not self._held[who]:
            del self._held[who]
        if who not in self._left_out:
            return False
        self._left_out.discard(who)
        return True
