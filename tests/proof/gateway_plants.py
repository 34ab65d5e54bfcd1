"""The planted faults: what each changes in the gateway, and what must be found."""

import re
from dataclasses import dataclass

from proof.gateway.audit.findings import Class


@dataclass(frozen=True)
class Plant:
    """One promise taken out of the source."""

    file: str
    old: re.Pattern[str]
    """By the names of things, which outlast their wording."""
    new: str
    finds: frozenset[Class]
    """One of these at least."""


SMALL = (
    "--json",
    *("--clients=24", "--transitions=400", "--disconnects=40", "--kills=24", "--restarts=0", "--seconds=12"),
)
"""Enough of everything that a plant may hide behind."""
LOST = frozenset({Class.MISSED, Class.GAP})

PLANTS = {
    # What was committed while a listener was away waits for the next safety look.
    "resync disabled": Plant(
        file="api/gateway/looks.py",
        old=re.compile(r"( +)def resync\(self\) -> None:\n"),
        new=r"\g<0>\1    return\n",
        finds=frozenset({Class.UNSYNCED}),
    ),
    # What was committed without a notice is found by nobody, until a listener comes back.
    "safety look disabled": Plant(
        file="api/gateway/looks.py",
        old=re.compile(r"^SAFETY_SECONDS = .+$", re.MULTILINE),
        new="SAFETY_SECONDS = 1e6",
        finds=LOST,
    ),
    # What is committed between the snapshot and the registration is sent to nobody. The gap is milliseconds wide, and
    # whatever happens in it is found again by a safety look soon after; here it is wide enough to be met.
    "registered after the snapshot": Plant(
        file="api/gateway/topics.py",
        old=re.compile(r" +def follow_feed\((self, subscription: Subscription)\) -> None:\n"),
        new=(
            r"    def follow_feed(\1) -> None:\n"
            r"        __import__('asyncio').get_running_loop().call_later(8, self.register_feed, subscription)\n\n"
            r"    def register_feed(\1) -> None:\n"
        ),
        finds=LOST,
    ),
    # Somebody gave a generation away, and goes on following it by its id.
    "ownership not asked": Plant(
        file="api/gateway/subscription.py",
        old=re.compile(
            r"( +def send\(self, view: View\) -> None:\n(?:.*\n)??.*\n +if )"
            r"not self\.may_be_told\(view\.user_id\):"
        ),
        new=r"\1False:",
        finds=frozenset({Class.FOREIGN}),
    ),
}
