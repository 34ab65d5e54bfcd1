"""What was measured."""

from dataclasses import dataclass

from proof.bench.claims.claims import Claims
from proof.bench.flight import Flight
from proof.bench.idle import Idle
from proof.bench.sockets.commits import Commits
from proof.bench.sockets.fan_out import FanOut
from proof.bench.sockets.push import Push
from proof.bench.sockets.scale import Scale
from proof.bench.sockets.weight import Weights
from proof.bench.throughput import Throughput


@dataclass(frozen=True, kw_only=True)
class Results:
    """One of each bench; None: not asked for."""

    idle: Idle | None = None
    throughput: Throughput | None = None
    flight: Flight | None = None
    push: Push | None = None
    commits: Commits | None = None
    sockets: Weights | None = None
    fan_out: FanOut | None = None
    scale: Scale | None = None
    claims: Claims | None = None
