"""What a torture is asked to do, and the dice that make it the same again."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random

from proof.dice import dice_of

LEASE_SECONDS = 4.0
"""Short, so that leases end many times in a run."""
FROZEN_SECONDS = 2 * LEASE_SECONDS + 2
"""How long a worker is frozen: its leases end, others take over, and what they buy has time to arrive."""
SLOTS = 48
"""The lane's cap: what is above it waits in the queue, so rows stand in every status when something is killed."""
SETTLE_SECONDS = 120.0
"""Longer than any backoff that a run can have led to."""
IN_FLIGHT = 30.0
"""How many predictions the painter should have under way on average: its pace follows from the load's."""


WORTH = 20
"""A kill counts only while at least so many rows are not final."""


class Aim(StrEnum):
    """Where a worker is when it is frozen."""

    ANYWHERE = "anywhere"
    CLAIM = "claim"
    """It has claimed rows, and not read yet that it has."""
    ANSWER = "answer"
    """The provider has answered, and nothing of it is written down yet."""


@dataclass(frozen=True)
class Options:
    """One torture. The same options give the same load, kills, faults and visitors, up to the machine's timing."""

    generations: int
    seconds: float
    """How long the load lasts, at least."""
    seed: int
    kills: int
    """Counted kills of each kind."""
    kinds: tuple[str, ...]
    faults: tuple[str, ...]
    """Which of the painter's faults may be dialled in."""
    visitors: bool
    """Whether generations are cancelled and retried alongside."""
    worth: int = WORTH
    """How many rows must not be final for a kill to count."""
    often: float | None = None
    """With what probability each of the faults bites; None for a weather that changes."""
    freeze_at: Aim | None = None
    """None: drawn for each freeze."""
    pace: str | None = None
    """How long a prediction takes, as PAINTER_SECONDS has it; None for what suits the load."""
    outputs_last: float = 3600.0
    """Seconds for which the painter keeps finished outputs."""
    settle_seconds: float = SETTLE_SECONDS
    """What has not ended so long after the load is stuck."""

    def dice(self, *of: object) -> Random:
        """Dice for one part of the run, independent of every other part's."""
        return dice_of(self.seed, *of)

    @property
    def rate(self) -> float:
        """Submissions a second."""
        return self.generations / self.seconds

    @property
    def painter_seconds(self) -> str:
        """How long a prediction takes, lowest and highest, for PAINTER_SECONDS."""
        mean = min(max(IN_FLIGHT / self.rate, 0.6), 4.0)
        return self.pace or f"{mean / 3:.2f}-{mean * 5 / 3:.2f}"
