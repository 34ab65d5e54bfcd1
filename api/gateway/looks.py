"""Looks: the reads that feed the topics. A hint names rows; one look at a time reads them and offers them around."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from api.gateway.cursor import Cursor
from api.gateway.progress import Progress
from api.gateway.tickers import Tickers
from api.gateway.topics import Topics
from api.gateway.view import View
from pipeline.coalesce import Coalescer
from pipeline.deletions import Deletion
from pipeline.feed import NEVER, read_changed, read_history
from pipeline.moves import Move
from pipeline.outages import DATABASE_AWAY
from pipeline.read import read_readable
from pipeline.row_errors import RowErrors

log = logging.getLogger(__name__)

LARGEST_LOOK = 500
FIRST_LOOK_SECONDS = 5.0
REST_SECONDS = 0.0004
"""The pause after a look, for each row that was wanted: hints gather meanwhile. Seconds.

Under load looks become few and large, since each costs its statement however many rows it brings; at 500 transitions a
second they rest for a fifth of the time, and who comes after a while without any waits for nothing.
"""
LONGEST_REST_SECONDS = 0.04
SAFETY_SECONDS = 2.0
"""How often rows are looked for that no hint named: the longest a lost notification can delay a push."""


class Looks:
    """Reads what moved, and offers it to whoever follows it."""

    def __init__(self, engine: AsyncEngine, topics: Topics, tickers: Tickers, progress: Progress) -> None:
        self._engine = engine
        self._topics = topics
        self._tickers = tickers
        self._progress = progress
        self._read: Coalescer[UUID, Row[Any] | None] = Coalescer(self._read_many, largest=LARGEST_LOOK)
        self._wanted: dict[UUID, None] = {}
        self._deleted: list[Deletion] = []
        self._wake = asyncio.Event()
        self._resync = asyncio.Event()
        # The first look is made at once, listener or not: until then nobody can be promised anything.
        self._resync.set()
        self._has_begun = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._history: str | None = None
        self._horizon = NEVER
        self._row_errors = RowErrors("a look")

    @property
    def cursor(self) -> Cursor | None:
        """Up to where everything has been offered; None before the first look."""
        if self._history is None or self._horizon == NEVER:
            return None
        return Cursor(self._history, int(self._horizon))

    async def read(self, generation_id: UUID) -> Row[Any] | None:
        """The row as it stands now; those who ask together share a SELECT."""
        return await self._read(generation_id)

    async def _read_many(self, ids: list[UUID]) -> list[Row[Any] | None]:
        rows = {row.id: row for row in await read_readable(self._engine, ids, self._row_errors)}
        return [rows.get(generation_id) for generation_id in ids]

    def hint(self, moves: Iterable[Move]) -> None:
        """Rows have moved: look at those that somebody here follows and has not been sent yet."""
        for move in moves:
            if self._is_wanted(move):
                self._wanted[move.id] = None
        if self._wanted:
            self._wake.set()

    def deleted(self, deletion: Deletion) -> None:
        """A row is gone: its followers are told behind what was read of it before."""
        self._deleted.append(deletion)
        self._wake.set()

    async def begun(self) -> None:
        """Wait until it is known from where on changes are found: a snapshot read earlier could miss what follows it.

        Raises TimeoutError when the database does not tell.
        """
        async with asyncio.timeout(FIRST_LOOK_SECONDS):
            await self._has_begun.wait()

    def resync(self) -> None:
        """Hints may have been lost: make the safety look now."""
        self._resync.set()

    async def keep_looking(self) -> None:
        """Read hinted rows and offer them; one look at a time, hints meanwhile wait for the next one."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            wanted, self._wanted = self._wanted, {}
            deleted, self._deleted = self._deleted, []
            try:
                await self._look_at(list(wanted))
            except DATABASE_AWAY as error:
                # The horizon has not moved past these rows, so the safety look finds them once Postgres answers.
                log.warning("a look failed (the safety look will find the rows): %s", error)
            await self._tell_deleted(deleted)
            await asyncio.sleep(min(REST_SECONDS * len(wanted), LONGEST_REST_SECONDS))

    async def keep_safe(self) -> None:
        """Find, every few seconds and after each reconnect, what was committed without a hint reaching us."""
        while True:
            # Not wait_for: before Python 3.12 it loses a cancellation that comes with the event, and this never ends.
            with suppress(TimeoutError):
                async with asyncio.timeout(SAFETY_SECONDS):
                    await self._resync.wait()
            reconnected = self._resync.is_set()
            self._resync.clear()
            try:
                if reconnected or self._history is None:
                    await self._check_history()
                await self._look_since()
            except DATABASE_AWAY as error:
                log.warning("the safety look failed (trying again): %s", error)

    async def _look_since(self) -> None:
        horizon, moves = await read_changed(self._engine, self._horizon)
        await self._look_at([move.id for move in moves if self._is_wanted(move)])
        # Only now: a look that failed half-way leaves the horizon where it was, and its rows are found again. And only
        # what has been offered to everybody may stand in a cursor.
        self._horizon = horizon
        self._has_begun.set()

    async def _check_history(self) -> None:
        """A restored or failed-over database: what subscribers were sent may never have happened there."""
        history = await read_history(self._engine)
        if self._history not in (None, history.name):
            log.warning("the database has another history than before; every subscription begins anew")
            for subscription in self._topics.everyone():
                subscription.end()
            self._horizon = NEVER
            self._has_begun.clear()
        self._history = history.name

    async def _look_at(self, ids: Sequence[UUID]) -> None:
        async with self._one_at_a_time:
            for start in range(0, len(ids), LARGEST_LOOK):
                page = ids[start : start + LARGEST_LOOK]
                self._offer(await read_readable(self._engine, page, self._row_errors))

    async def _tell_deleted(self, deleted: Iterable[Deletion]) -> None:
        # Behind the look that is under way: it may have read the row while it was there.
        async with self._one_at_a_time:
            for deletion in deleted:
                for subscription in list(self._topics.followers(deletion)):
                    with self._row_errors.of(deletion.id):
                        subscription.gone(deletion)

    def _is_wanted(self, move: Move) -> bool:
        return any(one.wants(move.id, move.version) for one in self._topics.followers(move))

    def _offer(self, rows: Iterable[Row[Any]]) -> None:
        for row in rows:
            with self._row_errors.of(row.id):
                self._offer_one(View(row))

    def _offer_one(self, view: View) -> None:
        if view.move.batch_id is not None:
            self._tickers.batch_moved(view.move.batch_id)
        self._progress.saw(view)
        for subscription in list(self._topics.followers(view.move)):
            try:
                subscription.offer(view)
            except Exception as error:  # noqa: BLE001 - logged; what one cannot be told must not keep the others from it
                self._row_errors.note(view.id, error)
