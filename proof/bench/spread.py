"""Percentiles."""

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """The middle and the far end of a set of times, in milliseconds."""

    p50: float
    p99: float


def spread_of(seconds: Iterable[float]) -> Spread:
    """The spread of times in seconds; nearest rank, so each figure is one that was measured."""
    ordered = sorted(seconds)
    return Spread(_rank(ordered, 0.50), _rank(ordered, 0.99))


def _rank(ordered: list[float], share: float) -> float:
    return round(1000 * ordered[max(0, math.ceil(share * len(ordered)) - 1)], 3)
