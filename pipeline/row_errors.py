"""Errors of single rows, in loops that handle many: such an error is its row's, and never the loop's."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from pipeline.outages import is_away

log = logging.getLogger(__name__)

AGAIN_SECONDS = 600.0
"""A loop that meets the same error of the same row again and again says so this often."""
REMEMBERED = 1_000


class RowErrors:
    """Runs the work of one row, or one step, after the other; `doing` says in the log what for."""

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._logged: dict[tuple[UUID | str, type[Exception]], float] = {}

    @contextmanager
    def of(self, one: UUID | str) -> Iterator[None]:
        """Do a row's work inside; what it raises is logged with its id. Raises only what says that a part is away.

        That is no row's error: the same again may succeed, for all of them.
        """
        try:
            yield
        except Exception as error:
            if is_away(error):
                raise
            self.note(one, error)

    def note(self, one: UUID | str, error: Exception) -> None:
        """Log an error of a row, unless that was done a short while ago."""
        known, now = (one, type(error)), time.monotonic()
        if now - self._logged.get(known, float("-inf")) < AGAIN_SECONDS:
            return
        log.error("%s: %s failed; the others go on", self._doing, one, exc_info=error)
        self._logged[known] = now
        if len(self._logged) > REMEMBERED:
            del self._logged[next(iter(self._logged))]
