"""Topics: who follows what, in one web process; and the looks that feed them."""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.gateway.subscription import Subscription
from api.gateway.view import View
from pipeline.coalesce import Coalescer
from pipeline.moves import Move
from pipeline.read import NEVER, read_changed, read_generations

Key = TypeVar("Key")

log = logging.getLogger(__name__)

LARGEST_LOOK = 500
SAFETY_SECONDS = 2.0
"""How often rows are looked for that no hint named: the longest a lost notification can delay a push."""


class Topics:
    """Every subscription of this process. A hint names rows; one look at a time reads them and offers them around."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._by_generation: dict[UUID, set[Subscription]] = {}
        self._by_user: dict[str, set[Subscription]] = {}
        self._of_everyone: set[Subscription] = set()
        self._read: Coalescer[UUID, Row[Any] | None] = Coalescer(self._read_many, largest=LARGEST_LOOK)
        self._wanted: dict[UUID, None] = {}
        self._wake = asyncio.Event()
        self._resync = asyncio.Event()

    @property
    def is_followed(self) -> bool:
        """Whether anybody follows anything here."""
        return bool(self._by_generation or self._by_user or self._of_everyone)

    def follow_generation(self, generation_id: UUID, subscription: Subscription) -> None:
        """Offer every view of one generation to `subscription` from now on."""
        self._by_generation.setdefault(generation_id, set()).add(subscription)

    def follow_feed(self, subscription: Subscription) -> None:
        """Offer every view of the subscriber's own generations, or of everybody's to a service key."""
        if subscription.identity.sees_all:
            self._of_everyone.add(subscription)
        elif (user_id := subscription.identity.user_id) is not None:
            self._by_user.setdefault(user_id, set()).add(subscription)

    async def read(self, generation_id: UUID) -> Row[Any] | None:
        """The row as it stands now; those who ask together share a SELECT."""
        return await self._read(generation_id)

    async def _read_many(self, ids: list[UUID]) -> list[Row[Any] | None]:
        rows = {row.id: row for row in await read_generations(self._engine, ids)}
        return [rows.get(generation_id) for generation_id in ids]

    def leave(self, subscription: Subscription, generation_id: UUID | None) -> None:
        """Offer nothing more to `subscription`."""
        self._of_everyone.discard(subscription)
        if generation_id is not None:
            _discard(self._by_generation, generation_id, subscription)
        if (user_id := subscription.identity.user_id) is not None:
            _discard(self._by_user, user_id, subscription)

    def hint(self, moves: Iterable[Move]) -> None:
        """Rows have moved: look at those that somebody here follows and has not been sent yet."""
        for move in moves:
            if any(one.wants(move.id, move.version) for one in self._followers(move.id, move.user_id)):
                self._wanted[move.id] = None
        if self._wanted:
            self._wake.set()

    def resync(self) -> None:
        """Hints may have been lost: make the safety look now."""
        self._resync.set()

    async def keep_looking(self) -> None:
        """Read hinted rows and offer them; one look at a time, hints meanwhile wait for the next one."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._wanted:
                ids = list(self._wanted)[:LARGEST_LOOK]
                for generation_id in ids:
                    del self._wanted[generation_id]
                try:
                    self._offer(await read_generations(self._engine, ids))
                except (SQLAlchemyError, OSError) as error:
                    # The rows are found again by the safety look, once Postgres answers.
                    log.warning("a look failed (the safety look will find the rows): %s", error)

    async def keep_safe(self) -> None:
        """Find, every few seconds and after each reconnect, what was committed without a hint reaching us."""
        horizon = NEVER
        while True:
            # Not wait_for: before Python 3.12 it loses a cancellation that comes with the event, and this never ends.
            with suppress(TimeoutError):
                async with asyncio.timeout(SAFETY_SECONDS):
                    await self._resync.wait()
            self._resync.clear()
            try:
                horizon, moves = await read_changed(self._engine, horizon)
            except (SQLAlchemyError, OSError) as error:
                log.warning("the safety look failed (trying again): %s", error)
            else:
                self.hint(moves)

    def _offer(self, rows: Iterable[Row[Any]]) -> None:
        for row in rows:
            view = View(row)
            for subscription in list(self._followers(view.id, view.user_id)):
                subscription.offer(view)

    def _followers(self, generation_id: UUID, user_id: str | None) -> Iterable[Subscription]:
        yield from self._by_generation.get(generation_id, ())
        yield from self._of_everyone
        if user_id is not None:
            yield from self._by_user.get(user_id, ())


def _discard(index: dict[Key, set[Subscription]], key: Key, subscription: Subscription) -> None:
    if followers := index.get(key):
        followers.discard(subscription)
        if not followers:
            del index[key]
