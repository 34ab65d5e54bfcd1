"""Tickers: what is sent by the clock, not by an event. The queue once a second, a batch's counts ten times at most."""

import asyncio
import logging
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from api.gateway.frame import frame_of
from api.gateway.subscription import Subscription
from api.gateway.topics import Topics
from pipeline.outages import DATABASE_AWAY
from pipeline.queue import read_queue
from pipeline.read import read_batch
from pipeline.row_errors import RowErrors
from schema.wire import frames

log = logging.getLogger(__name__)

QUEUE_SECONDS = 1.0
BATCH_SECONDS = 0.1


class Tickers:
    """Reads once for however many follow, and only while somebody does."""

    def __init__(self, engine: AsyncEngine, topics: Topics) -> None:
        self._engine = engine
        self._topics = topics
        self._queue_followers: set[Subscription] = set()
        self._somebody = asyncio.Event()
        self._moved: set[UUID] = set()
        self._batch_moved = asyncio.Event()
        self._errors = RowErrors("batches")

    def follow_queue(self, subscription: Subscription) -> None:
        """Tell the queue to `subscription` from now on."""
        self._queue_followers.add(subscription)
        self._somebody.set()

    def leave(self, subscription: Subscription) -> None:
        """Tell it nothing more."""
        self._queue_followers.discard(subscription)

    def batch_moved(self, batch_id: UUID) -> None:
        """One of the batch's generations has moved."""
        if any(one.hears_clock for one in self._topics.followers_of_batch(batch_id)):
            self._moved.add(batch_id)
            self._batch_moved.set()

    async def keep_telling_queue(self) -> None:
        """Once a second, as long as somebody follows it."""
        while True:
            if not self._queue_followers:
                self._somebody.clear()
                await self._somebody.wait()
            try:
                frame = frame_of(frames.queue(await read_queue(self._engine)))
                for subscription in list(self._queue_followers):
                    subscription.tell_latest(None, frame)
            except DATABASE_AWAY as error:
                log.warning("the queue could not be read (trying again): %s", error)
            await asyncio.sleep(QUEUE_SECONDS)

    async def keep_telling_batches(self) -> None:
        """After a move, and at most ten times a second."""
        while True:
            await self._batch_moved.wait()
            self._batch_moved.clear()
            moved, self._moved = self._moved, set()
            for batch_id in moved:
                try:
                    _, counts = await read_batch(self._engine, batch_id)
                except DATABASE_AWAY as error:
                    log.warning("a batch could not be counted (trying again): %s", error)
                    self.batch_moved(batch_id)
                    continue
                with self._errors.of(batch_id):
                    for subscription in list(self._topics.followers_of_batch(batch_id)):
                        if subscription.hears_clock:
                            subscription.tell_latest(None, frame_of(frames.batch(subscription.topic, counts)))
            await asyncio.sleep(BATCH_SECONDS)
