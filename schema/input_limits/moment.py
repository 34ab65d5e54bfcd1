"""Moments: what Python's datetime, Postgres' timestamptz and JavaScript's Date can all read."""

from datetime import UTC, datetime

OUT_OF_RANGE = "must lie in the years 1 to 9999, in UTC"


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
