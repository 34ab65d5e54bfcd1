"""When an event is sent again, and what a receiver's answer means for it. Pure: no row, socket or clock."""

import random
from http import HTTPStatus
from typing import NamedTuple

_MINUTE, _HOUR = 60.0, 3_600.0
SCHEDULE = (
    0.0,
    5.0,
    5 * _MINUTE,
    30 * _MINUTE,
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    14 * _HOUR,
    20 * _HOUR,
    24 * _HOUR,
)
"""Seconds before each try, counted from the one before: ten tries in three days. Source: Standard Webhooks."""
JITTER = 0.1
"""Of each pause, either way, so that what failed together does not come back together."""

SLOW_DOWN = frozenset({429, 502, 503, 504})
"""Answers that ask for patience, for everything that goes to the same endpoint. Source: Standard Webhooks."""
HOLD_SECONDS = 30.0
"""How long an endpoint is left alone that asks for patience and does not say how much."""
LONGEST_HOLD_SECONDS = _HOUR
"""An endpoint that asks for more is asked again all the same."""


class Reply(NamedTuple):
    """What came of one try."""

    status: int | None
    """The HTTP status; None when no answer came."""
    error: str | None = None
    """Why it was no success, where the status does not say it; in words for people."""
    retry_after: float | None = None
    """Seconds that the receiver asked for."""
    answer: str | None = None
    """How its body begins."""
    seconds: float = 0.0
    """How long it took."""


class Verdict(NamedTuple):
    """What is to be done after a try."""

    delivered: bool = False
    gone: bool = False
    """The endpoint wants nothing any more."""
    delay: float | None = None
    """Seconds until the next try; None: there is none."""
    hold: float | None = None
    """Seconds for which nothing at all is sent to this endpoint; None: no such wish."""


def judge(reply: Reply, tries: int) -> Verdict:
    """What the answer to the `tries`th try of an event means. Only 2xx is success, and no redirect is followed."""
    if reply.status is not None and 200 <= reply.status < 300:
        return Verdict(delivered=True)
    if reply.status == HTTPStatus.GONE:
        return Verdict(gone=True)
    hold = _hold(reply)
    return Verdict(delay=_delay(tries, hold or 0.0), hold=hold)


def _hold(reply: Reply) -> float | None:
    if reply.retry_after is not None:
        return min(max(reply.retry_after, 0.0), LONGEST_HOLD_SECONDS)
    return HOLD_SECONDS if reply.status in SLOW_DOWN else None


def _delay(tries: int, at_least: float) -> float | None:
    if tries >= len(SCHEDULE):
        return None
    return max(SCHEDULE[tries] * random.uniform(1 - JITTER, 1 + JITTER), at_least)
