"""How long to wait before the next try: full jitter, so that a restarted server meets no stampede."""

import random
from typing import NamedTuple


class Pace(NamedTuple):
    """How long pauses get, in seconds."""

    first: float
    """The most that the first pause may take; each next one may take twice as long."""
    cap: float
    """The most that any pause may take."""


SOON = Pace(0.25, 10)
"""After a line that broke, which is nobody else's trouble."""
SPREAD = Pace(1, 10)
"""After a server has left: everybody whom it served comes at once."""
LATER = Pace(2, 60)
"""When the server has too much to do."""


class Backoff:
    """Pauses that double in length and are drawn at random from nothing to that length."""

    def __init__(self) -> None:
        self._tries = 0

    def pause(self, pace: Pace = SOON) -> float:
        """Seconds to wait now."""
        longest = min(pace.cap, pace.first * 2**self._tries)
        self._tries = min(self._tries + 1, 16)
        return random.uniform(0, longest)

    def reset(self) -> None:
        """Start again with short pauses."""
        self._tries = 0
