"""Waits: how many requests of one web process wait for generations to end."""

from collections.abc import Iterator
from contextlib import contextmanager

from api.problems import Problem

MOST_WAITS = 1_000
"""Each holds a connection and a subscription for up to two minutes."""
MOST_JOB_WAITS = 4
"""Each may hold as many subscriptions as jobs run at once; the cron that called it did so once a minute."""


class Waits:
    """Requests that wait, at most `most` at a time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def is_full(self) -> bool:
        """Whether no other one may wait now."""
        return self._count >= self._most

    @contextmanager
    def place(self) -> Iterator[None]:
        """One waits while the context lasts. Raises Problem("unavailable") when no other one may."""
        if self.is_full:
            raise Problem("unavailable", f"{self._most} such calls wait already, and no more may; call again shortly")
        self._count += 1
        try:
            yield
        finally:
            self._count -= 1
