"""Progress: tells whoever waits where a generation stands in line, how far it is and when it will be done.

By the clock and not by events, once for however many follow, and only while somebody waits. The latest wins.
"""

import asyncio
import logging
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from api.gateway.frame import Frame, frame_of
from api.gateway.topics import Topics
from api.gateway.view import View
from pipeline.forecast import Forecast, Pace, forecast
from pipeline.moves import Move
from pipeline.outages import DATABASE_AWAY
from pipeline.row_errors import RowErrors
from pipeline.waiting import read_lanes, read_paces, read_waiting
from schema.wire import frames

log = logging.getLogger(__name__)

TELL_SECONDS = 1.0
READ_SHARE = 20
"""After a read that took long the next one waits this many times as long: a line of 100,000 costs 5 % of a core."""
PACE_SECONDS = 5.0
MOST = 2_000
"""How many generations are told about in one round; with more, they take turns."""


class Progress:
    """Remembers which followed generations are unfinished, and tells their followers."""

    def __init__(self, engine: AsyncEngine, topics: Topics) -> None:
        self._engine = engine
        self._topics = topics
        self._waiting: dict[UUID, Move] = {}
        self._told: dict[UUID, tuple[Forecast, float]] = {}
        self._somebody = asyncio.Event()
        self._paces: dict[tuple[str, str], Pace] = {}
        self._paces_at = float("-inf")
        self._row_errors = RowErrors("progress")

    def saw(self, view: View) -> None:
        """A view has been sent to somebody: they want to know how it goes on."""
        self._told.pop(view.id, None)
        if view.status.is_final:
            self._waiting.pop(view.id, None)
        else:
            self._waiting[view.id] = view.move
            self._somebody.set()

    async def keep_telling(self) -> None:
        """Tell, until cancelled, as long as somebody waits."""
        loop = asyncio.get_running_loop()
        pause = TELL_SECONDS
        while True:
            await self._somebody.wait()
            # First the pause: what is finished within it needs no forecast.
            await asyncio.sleep(pause)
            begun = loop.time()
            try:
                await self._tell()
            except DATABASE_AWAY as error:
                log.warning("progress could not be read (trying again): %s", error)
            pause = max(TELL_SECONDS, READ_SHARE * (loop.time() - begun))

    async def _tell(self) -> None:
        ids = self._next_round()
        if not ids:
            self._somebody.clear()
            return
        now = asyncio.get_running_loop().time()
        if now - self._paces_at >= PACE_SECONDS:
            # A model that nobody has used lately keeps the pace it had.
            self._paces |= await read_paces(self._engine)
            self._paces_at = now
        lanes = await read_lanes(self._engine)
        for one in await read_waiting(self._engine, ids):
            with self._row_errors.of(one.id):
                told = forecast(one, self._paces, lanes)
                before = self._told.get(one.id)
                if before is not None and not told.is_news_after(before[0], now - before[1]):
                    continue
                # Whoever was finished while we read must not be told of progress.
                if one.id in self._waiting:
                    self._told[one.id] = told, now
                    move = self._waiting[one.id]._replace(user_id=one.user_id, batch_id=one.batch_id)
                    self._waiting[one.id] = move
                    self._tell_followers(move, told)
                    # Transitions must not wait for all of this.
                    await asyncio.sleep(0)

    def _next_round(self) -> list[UUID]:
        """Up to MOST generations that somebody still waits for; they go to the end of the line."""
        chosen: list[UUID] = []
        for generation_id in list(self._waiting):
            move = self._waiting.pop(generation_id)
            if not any(one.hears_clock for one in self._topics.watchers(move)):
                self._told.pop(generation_id, None)
                continue
            self._waiting[generation_id] = move
            chosen.append(generation_id)
            if len(chosen) == MOST:
                break
        return chosen

    def _tell_followers(self, move: Move, told: Forecast) -> None:
        by_topic: dict[str, Frame] = {}
        for subscription in list(self._topics.watchers(move)):
            # Somebody may follow by its id what is not theirs any more.
            if not (subscription.hears_clock and subscription.identity.may_see(move.user_id)):
                continue
            topic = subscription.topic
            if topic not in by_topic:
                by_topic[topic] = frame_of(frames.progress(topic, str(move.id), **told._asdict()))
            subscription.tell_latest(move.id, by_topic[topic])
