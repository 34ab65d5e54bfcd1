"""What a proof of the gateway is asked to do, and the dice that make it the same again."""

from dataclasses import dataclass
from random import Random
from typing import TypedDict

from proof.dice import dice_of

GATEWAYS = 2
"""Web processes on one database: one restarts while the other serves, and cursors are carried from one to the other."""
STEPS = 4
"""Transitions of a generation with which nothing goes wrong."""
CLIENTS_OF_A_USER = 10


class Size(TypedDict):
    """How much is done."""

    clients: int
    transitions: int
    disconnects: int
    kills: int
    restarts: int
    seconds: float


FORMS: dict[str, Size] = {
    "full": Size(clients=200, transitions=20_000, disconnects=2_000, kills=50, restarts=5, seconds=110),
    "short": Size(clients=60, transitions=2_000, disconnects=200, kills=8, restarts=2, seconds=18),
}
"""The form that proves, and the one that a minute allows."""


@dataclass(frozen=True)
class Options:
    """One proof. The same options give the same load, clients, disconnects and faults, up to the machine's timing."""

    seed: int
    clients: int
    transitions: int
    """How many the load brings about, at least."""
    disconnects: int
    """Connections that are ended by force."""
    kills: int
    """Listening connections that are ended."""
    restarts: int
    """Of gateways."""
    seconds: float
    """How long the load lasts, at least."""

    def dice(self, *of: object) -> Random:
        """Dice for one part of the run, independent of every other part's."""
        return dice_of(self.seed, *of)

    @property
    def generations(self) -> int:
        """Submissions of the load."""
        return -(-self.transitions // STEPS)

    @property
    def users(self) -> int:
        """Whose generations they are."""
        return max(self.clients // CLIENTS_OF_A_USER, 4)
