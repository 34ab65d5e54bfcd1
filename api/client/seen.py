"""What has been seen of many generations, so that nothing is told twice."""

from collections import OrderedDict

REMEMBERED = 20_000
"""Generations. The server repeats what moved since a cursor, of 2,000 generations at most, or it begins anew."""


class Seen:
    """The last version of each of the latest generations."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        """`remembered` is how many generations it remembers."""
        self._remembered = remembered
        self._versions: OrderedDict[str, int] = OrderedDict()

    def is_news(self, generation_id: str, version: int) -> bool:
        """Whether this version is above all that came of this generation; from now on it is not."""
        if version <= self._versions.get(generation_id, 0):
            return False
        self._versions[generation_id] = version
        self._versions.move_to_end(generation_id)
        if len(self._versions) > self._remembered:
            self._versions.popitem(last=False)
        return True

    def forget(self) -> None:
        """Begin anew."""
        self._versions.clear()
