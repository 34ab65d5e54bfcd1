"""Forecast: where an unfinished generation stands in line, and when it will probably be done.

All of it is approximate, and says by how much: from what the same model took lately, and from how many are ahead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple
from uuid import UUID

from schema.statuses import Status

SMALLEST_NEWS = 1.0
"""Seconds, and the share of the time to go, by which a forecast must have moved before it is told again."""
NEWS_SHARE = 0.1


class Pace(NamedTuple):
    """How long one model's generations took lately, from claim to completed, in seconds."""

    typical: float
    """The median."""
    error: float
    """Eight in ten lay within `typical` ± this."""
    number: int
    """How many it is drawn from."""


@dataclass(frozen=True)
class Lane:
    """What decides how fast a line moves."""

    cap: int
    in_flight: int
    stands_still: bool
    """It is paused, or the provider is in trouble."""
    creates_per_minute: int | None


@dataclass(frozen=True)
class Waiting:
    """One unfinished generation as the database sees it now."""

    id: UUID
    status: Status
    provider: str
    model_id: str
    percent: int | None
    position: int | None
    """Place in the lane's line, from 1; None unless it is queued."""
    worked_seconds: float | None
    """Since its attempt began."""
    due_in_seconds: float | None
    user_id: str | None
    """Whose it is now: a person in psql may have given it away since it moved."""
    batch_id: UUID | None


class Forecast(NamedTuple):
    """What a person who waits wants to know."""

    progress: int | None
    """Percent, while the provider works and tells."""
    position: int | None
    eta_seconds: float | None
    """From now until it is completed; None when nobody can say."""
    eta_error_seconds: float | None
    """Eight in ten are done within eta_seconds ± this."""

    def is_news_after(self, told: "Forecast", seconds: float) -> bool:
        """Whether somebody who was `told` this many seconds ago, and has counted down since, must hear of it."""
        if (self.progress, self.position) != (told.progress, told.position):
            return True
        if self.eta_seconds is None or told.eta_seconds is None:
            return self.eta_seconds != told.eta_seconds
        expected = max(0.0, told.eta_seconds - seconds)
        return abs(self.eta_seconds - expected) > max(SMALLEST_NEWS, expected * NEWS_SHARE)


def forecast(one: Waiting, paces: Mapping[tuple[str, str], Pace], lanes: Mapping[str, Lane]) -> Forecast:
    """The forecast for one generation; `paces` by provider and model, `lanes` by provider."""
    pace, lane = paces.get((one.provider, one.model_id)), lanes.get(one.provider)
    known = Forecast(one.percent if one.status is Status.PROCESSING else None, one.position, None, None)
    if pace is None or lane is None:
        return known
    match one.status:
        case Status.QUEUED if one.position is not None and not lane.stands_still:
            return _timed(known, *_in_line(one.position, pace, lane, _lane_pace(one.provider, paces)))
        case Status.PENDING if one.due_in_seconds is not None:
            return _timed(known, max(0.0, one.due_in_seconds) + pace.typical, pace.error)
        case Status.PROCESSING | Status.DOWNLOADING if one.worked_seconds is not None:
            left = pace.typical - one.worked_seconds
            # Overdue: it may be done any moment, and the longer it takes the less can be said.
            return _timed(known, max(0.0, left), max(pace.error, -left))
        case _:
            return known


def _in_line(position: int, pace: Pace, lane: Lane, mixed: Pace) -> tuple[float, float]:
    """Seconds until it is completed, and their error, for the one at `position`."""
    ahead = max(0, position - max(0, lane.cap - lane.in_flight))
    wait = ahead / lane.cap * mixed.typical
    if lane.creates_per_minute is not None:
        wait = max(wait, (position - 1) * 60 / lane.creates_per_minute)
    # Those ahead err independently of each other: their errors add up as squares do.
    return wait + pace.typical, pace.error + mixed.error * sqrt(ahead) / lane.cap


def _lane_pace(provider: str, paces: Mapping[tuple[str, str], Pace]) -> Pace:
    """The pace of a lane's mix of models."""
    mine = [pace for (of, _), pace in paces.items() if of == provider]
    number = sum(pace.number for pace in mine)
    return Pace(_mean(mine, [pace.typical for pace in mine]), _mean(mine, [pace.error for pace in mine]), number)


def _mean(paces: Sequence[Pace], values: Sequence[float]) -> float:
    return sum(p.number * value for p, value in zip(paces, values, strict=True)) / sum(p.number for p in paces)


def _timed(known: Forecast, eta: float, error: float) -> Forecast:
    return known._replace(eta_seconds=round(eta, 1), eta_error_seconds=round(error, 1))
