"""Fan-out: one generation with very many followers moves; how long until the last of them has heard it."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from proof.bench.sockets.deliveries import delays
from proof.bench.sockets.rig import Rig

EVENTS = 6
"""After one that does not count."""
QUIET_SECONDS = 0.25
"""An event begins when nothing else is being told."""


@dataclass(frozen=True)
class FanOut:
    """One figure for each event, in milliseconds from its commit's return."""

    subscribers: int
    first_ms: list[float]
    last_ms: list[float]
    median_last_ms: float


def measure_fan_out(rig: Rig, subscribers: int, done: Callable[[str, int], None]) -> FanOut:
    """Have so many sockets follow one generation, which is called off and tried again. Raises BenchFailed."""
    done("opening sockets", 0)
    rig.open(rig.writer.call("enrol", users=1), subscribers)
    (id_,) = rig.writer.call("submit", count=1, users=1)
    topics = [(number, f"generation:{id_}") for number in range(subscribers)]
    rig.audience.call("follow", topics=topics, replayed=1)
    done("events", subscribers)
    _, *events = [_event(rig, id_, subscribers) for _ in range(1 + EVENTS)]
    last = [1000 * max(event) for event in events]
    return FanOut(subscribers, [1000 * min(event) for event in events], last, median(last))


def _event(rig: Rig, id_: str, subscribers: int) -> list[float]:
    rig.audience.call("quiet", seconds=QUIET_SECONDS)
    moved = rig.writer.call("change", id_=id_)
    heard = rig.audience.call("gather", count=subscribers)
    (event,) = delays([moved], heard, followers=lambda _: subscribers)
    return event
