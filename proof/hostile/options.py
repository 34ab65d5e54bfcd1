"""What a run is asked to do, and its limits."""

from dataclasses import dataclass
from random import Random

from proof.dice import dice_of

LEASE_SECONDS = 6.0
NEIGHBOURS = 4
"""Honest users, whose latency is what counts."""
WARM_UP = 20
LARGEST_RATIO = 2.0
"""The neighbours' p99 beside the hostile, in what it is without them."""
LARGEST_GROWTH_MB = 512
"""How much more memory a process may hold beside the hostile than without them: budgets, and children that decode."""
SETTLE_SECONDS = 180.0
"""After the load: what has not ended by then is stuck. Longer than all tries of a download together."""


@dataclass(frozen=True)
class Options:
    """One run: `seconds` of honest load alone, then as long with the hostile beside it."""

    seed: int
    seconds: float
    """Of each of the two parts; the second goes on until every behaviour was shown `rounds` times."""
    rounds: int
    honest_rate: float
    """Generations a second, of all neighbours together."""
    hostile_rate: float

    def dice(self, *of: object) -> Random:
        """Dice for one part of the run, independent of every other part's."""
        return dice_of(self.seed, *of)
