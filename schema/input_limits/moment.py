"""Moments: what Python's datetime, Postgres' timestamptz and JavaScript's Date can all read."""

from datetime import UTC, datetime

EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)
OUT_OF_RANGE = "must lie in the years 1 to 9999, in UTC"

EARLIEST_SQL = "timestamptz '0001-01-01 00:00:00+00'"
BEHIND_LATEST_SQL = "timestamptz '10000-01-01 00:00:00+00'"
"""The first moment that Python cannot read."""


def read_moment(text: str) -> datetime:
    """The moment in an ISO 8601 text. Raises ValueError.

    The offset counts: 9999-12-31T23:59:59-01:00 is in the year 10000 in UTC, where Postgres stores it and nothing of
    ours could read it again.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        return moment
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(OUT_OF_RANGE) from None
    return moment
