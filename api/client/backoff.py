"""How long to wait before the next try: full jitter, so that a restarted server meets no stampede."""

import random

FIRST = 0.25
"""Seconds: the most the first pause may take."""
CAP = 10.0
"""Seconds: the most any pause may take."""


class Backoff:
    """Pauses that double in length and are drawn at random from nothing to that length."""

    def __init__(self) -> None:
        self._tries = 0

    def pause(self) -> float:
        """Seconds to wait now."""
        longest = min(CAP, FIRST * 2**self._tries)
        self._tries = min(self._tries + 1, 16)
        return random.uniform(0, longest)

    def reset(self) -> None:
        """Start again with short pauses."""
        self._tries = 0
