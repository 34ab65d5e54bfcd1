"""Pauses between connections: short at first, longer each time, and longest when the server has too much to do."""

import pytest

from api.client.backoff import LATER, SOON, SPREAD, Backoff, Pace
from api.client.connection import Dropped
from schema.wire.frames import CLOSE_DRAINING, CLOSE_SLOW, CLOSE_TOO_MANY


@pytest.mark.parametrize("pace", [SOON, SPREAD, LATER])
def test_pauses_double_up_to_their_cap(pace: Pace) -> None:
    longest = [0.0] * 12
    for _ in range(200):
        backoff = Backoff()
        longest = [max(each, backoff.pause(pace)) for each in longest]
    assert all(pause <= min(pace.cap, pace.first * 2**tries) for tries, pause in enumerate(longest))
    # Drawn from the whole length: of 200 the longest misses the last third with a chance of 10^-35.
    assert all(pause > min(pace.cap, pace.first * 2**tries) * 2 / 3 for tries, pause in enumerate(longest))


def test_a_reset_begins_with_short_pauses_again() -> None:
    backoff = Backoff()
    for _ in range(20):
        backoff.pause()
    backoff.reset()
    assert backoff.pause() <= SOON.first


@pytest.mark.parametrize(
    ("code", "pace"), [(0, SOON), (CLOSE_SLOW, SOON), (CLOSE_DRAINING, SPREAD), (CLOSE_TOO_MANY, LATER), (429, LATER)]
)
def test_what_ended_the_connection_sets_the_pace(code: int, pace: Pace) -> None:
    assert Dropped("why", code).pace is pace
    assert SOON.first < SPREAD.first < LATER.first
