"""Push: how long after its commit a transition is heard, at a steady rate of transitions."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from proof.bench.sockets.deliveries import delays
from proof.bench.sockets.rig import Rig
from proof.bench.spread import Spread, spread_of

USERS = 20
"""Each follows all that are theirs on one socket, and each of them on others."""
SOCKETS_A_USER = 10
WARM_UP_SECONDS = 1.0
TRANSITIONS = 3
"""Of each generation, once it is queued."""


@dataclass(frozen=True)
class PushSize:
    """How much: transitions a second, for so many seconds."""

    per_second: float
    seconds: float

    def generations(self, seconds: float) -> int:
        """How many generations make their transitions in so long."""
        return math.ceil(seconds * self.per_second / TRANSITIONS)


@dataclass(frozen=True)
class Push:
    """What one run brought."""

    sockets: int
    generations: int
    """Queued at the beginning, and each followed."""
    transitions: int
    deliveries: int
    per_second: float
    """Transitions, as they were committed."""
    latency_ms: Spread
    """From the commit's return to the frame's arrival."""


def measure_push(rig: Rig, size: PushSize, done: Callable[[str, int], None]) -> Push:
    """Commit transitions at the size's rate; each is heard by two sockets. Raises BenchFailed."""
    users = list(range(USERS))
    rig.open(rig.writer.call("enrol", users=USERS), USERS * SOCKETS_A_USER)
    rig.audience.call("follow", topics=[(user, "generations") for user in users], replayed=0)
    warm_up, counted = size.generations(WARM_UP_SECONDS), size.generations(size.seconds)
    ids = rig.writer.call("submit", count=warm_up + counted, users=USERS)
    rig.audience.call("gather", count=len(ids))
    # A generation's follower is one of its owner's sockets, because both are dealt out in turn.
    others = USERS * (SOCKETS_A_USER - 1)
    topics = [(USERS + number % others, f"generation:{id_}") for number, id_ in enumerate(ids)]
    rig.audience.call("follow", topics=topics, replayed=1)
    done("warming up", 0)
    _run(rig, warm_up, size.per_second)
    done(f"{size.per_second:.0f} transitions/s for {size.seconds:.0f} s", 0)
    moved, heard = _run(rig, counted, size.per_second)
    seconds = (max(at for _, _, at in moved) - min(at for _, _, at in moved)) / 1e9
    done("done", len(moved))
    return Push(
        sockets=USERS * SOCKETS_A_USER,
        generations=len(ids),
        transitions=len(moved),
        deliveries=sum(map(len, heard)),
        per_second=len(moved) / seconds,
        latency_ms=spread_of(delay for delays_ in heard for delay in delays_),
    )


def _run(rig: Rig, generations: int, per_second: float) -> tuple[list[tuple[str, int, int]], list[list[float]]]:
    moved = rig.writer.call("pace", count=generations, transitions_per_second=per_second)
    heard = rig.audience.call("gather", count=2 * len(moved))
    return moved, delays(moved, heard, followers=lambda _: 2)
