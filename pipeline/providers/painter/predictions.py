"""Every prediction the painter knows, by id and in the order of their creation."""

import base64
import binascii
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.providers.painter.prediction import Prediction
from pipeline.providers.painter.problems import Problem

PAGE = 100
"""Predictions a page, https://replicate.com/docs/reference/http#predictions.list"""

OLDER, NEWER = "o", "n"


@dataclass(frozen=True, slots=True)
class Page:
    """One page, newest first, and the cursors of its neighbours."""

    predictions: list[Prediction]
    next: str | None
    previous: str | None


class Predictions:
    """Predictions by id and in the order of creation. A cursor is a place in that order."""

    def __init__(self) -> None:
        self._by_id: dict[str, Prediction] = {}
        self._ordered: list[Prediction] = []

    def add(self, prediction: Prediction) -> None:
        """Take in the newest prediction."""
        self._by_id[prediction.id] = prediction
        self._ordered.append(prediction)

    def get(self, key: str) -> Prediction:
        """The prediction of that id. Raises Problem 404."""
        found = self._by_id.get(key)
        if found is None:
            raise Problem(404, f"There is no prediction {key}.")
        return found

    def created_now(self, now: float) -> float:
        """`now`, or just after the newest prediction where the clock stands or steps back: the pages need it.

        In whole microseconds, as `created_at` is shown: a page asked for by that text must find its prediction.
        """
        newest = self._ordered[-1].created if self._ordered else 0.0
        return datetime.fromtimestamp(max(now, newest + 1e-6), UTC).timestamp()

    def page(self, cursor: str | None, after: float | None, before: float | None) -> Page:
        """The page at `cursor` among those created at or after `after` and before `before` (epoch seconds)."""
        low = 0 if after is None else bisect_left(self._ordered, after, key=lambda one: one.created)
        high = len(self._ordered) if before is None else bisect_left(self._ordered, before, key=lambda one: one.created)
        start, end = max(low, high - PAGE), high
        if cursor is not None:
            side, number = _read_cursor(cursor)
            if side == OLDER:
                end = min(high, number)
                start = max(low, end - PAGE)
            else:
                start = max(low, number)
                end = min(high, start + PAGE)
        return Page(
            self._ordered[start:end][::-1],
            _cursor(OLDER, start) if low < start else None,
            _cursor(NEWER, end) if end < high else None,
        )


def _cursor(side: str, number: int) -> str:
    return base64.urlsafe_b64encode(f"{side}{number}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[str, int]:
    try:
        text = base64.urlsafe_b64decode(cursor + "==").decode()
        side, number = text[:1], int(text[1:])
    except (binascii.Error, ValueError):
        side, number = "", -1
    if side not in (OLDER, NEWER) or number < 0:
        raise Problem(400, "The cursor is not one of ours: follow the `next` and `previous` URLs of a page.")
    return side, number
