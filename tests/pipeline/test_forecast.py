"""Forecasts: what can be known of a wait, and by how much it may err."""

import pytest

from pipeline.forecast import Forecast, Lane, Pace, Waiting, forecast
from pipeline.ids import new_id
from schema.statuses import Status

PACES = {("replicate", "slow"): Pace(10.0, 2.0, 30), ("replicate", "quick"): Pace(2.0, 1.0, 10)}
BUSY = Lane(cap=4, in_flight=4, stands_still=False, creates_per_minute=None)


def told(lane: Lane = BUSY, **given: object) -> Forecast:
    """The forecast for a generation of the slow model."""
    standing = {
        "id": new_id(),
        "status": Status.QUEUED,
        "provider": "replicate",
        "model_id": "slow",
        "percent": None,
        "position": None,
        "worked_seconds": None,
        "due_in_seconds": None,
        "user_id": None,
        "batch_id": None,
    }
    return forecast(Waiting(**{**standing, **given}), PACES, {"replicate": lane})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "is_news"),
    [
        (Forecast(None, 7, 15.0, 2.0), False),
        (Forecast(None, 7, 16.4, 2.0), False),
        (Forecast(None, 7, 16.6, 2.0), True),
        (Forecast(None, 7, 13.4, 2.0), True),
        (Forecast(None, 6, 15.0, 2.0), True),
        (Forecast(40, 7, 15.0, 2.0), True),
        (Forecast(None, 7, None, None), True),
    ],
)
def test_only_what_a_countdown_does_not_know_is_news(now: Forecast, is_news: bool) -> None:
    assert now.is_news_after(Forecast(None, 7, 20.0, 2.0), 5.0) is is_news


@pytest.mark.parametrize(
    ("what", "lane", "given", "expected"),
    [
        # The lane's mix takes 8 s at the median: (30 × 10 + 10 × 2) / 40; its error is 1.75 s.
        ("the next, all slots taken", BUSY, {"position": 1}, (None, 1, 12.0, 2.4)),
        ("the hundredth", BUSY, {"position": 100}, (None, 100, 210.0, 6.4)),
        ("with free slots", Lane(4, 1, False, None), {"position": 3}, (None, 3, 10.0, 2.0)),
        ("a rate below the cap", Lane(4, 0, False, 6), {"position": 4}, (None, 4, 40.0, 2.0)),
        ("a lane that stands still", Lane(4, 0, True, None), {"position": 2}, (None, 2, None, None)),
        ("of an unknown model", BUSY, {"position": 2, "model_id": "new"}, (None, 2, None, None)),
        ("scheduled", BUSY, {"status": Status.PENDING, "due_in_seconds": 60.0}, (None, None, 70.0, 2.0)),
        (
            "at work",
            BUSY,
            {"status": Status.PROCESSING, "worked_seconds": 4.0, "percent": 37},
            (37, None, 6.0, 2.0),
        ),
        ("overdue", BUSY, {"status": Status.PROCESSING, "worked_seconds": 25.0}, (None, None, 0.0, 15.0)),
        (
            "downloading",
            BUSY,
            {"status": Status.DOWNLOADING, "worked_seconds": 9.5, "percent": 99},
            (None, None, 0.5, 2.0),
        ),
    ],
)
def test_a_forecast(what: str, lane: Lane, given: dict[str, object], expected: tuple[object, ...]) -> None:
    assert told(lane, **given) == expected, what
