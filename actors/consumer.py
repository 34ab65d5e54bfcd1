"""A consumer that blocks on a wake key instead of sleeping: an idle hop costs round trips, not a backoff."""

from typing import Any

import redis
from dramatiq import MessageProxy
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer  # the class its broker's property hands out
from dramatiq.errors import ConnectionClosed

from pipeline.doorbell import wake_key

WAKE_SECONDS = 1
"""Longest wait for a wake-up. Heartbeats ride on fetches, so a silent consumer must still fetch every second."""


class BlockingConsumer(_RedisConsumer):
    """Fetches at once when a bell rings, and once a second anyway."""

    _emptied = False
    """Whether the last fetch left nothing in the queue: what has come since has its wake-up beside it."""

    def __next__(self) -> MessageProxy | None:
        try:
            if not self.message_cache and not self._emptied:
                self._fetch()
            if not self.message_cache:
                if not self.broker.client.blpop([wake_key(self.queue_name)], timeout=WAKE_SECONDS):
                    self._emptied = False
                    return None
                self._fetch()
            if not self.message_cache:
                return None
            message: MessageProxy = super().__next__()
            return message
        except (redis.ConnectionError, redis.TimeoutError) as error:
            # Dramatiq maps only the first of the two; the second would take its consumer thread down.
            raise ConnectionClosed(error) from None

    def _fetch(self) -> None:
        room = self.prefetch - self.outstanding_message_count
        if room > 0:
            self.message_cache = self.broker.do_fetch(self.queue_name, room)
        # Without room, a wake-up may have been taken whose message still lies there.
        self._emptied = len(self.message_cache) < room

    def ack(self, message: Any) -> None:
        """Acknowledge; a broker that times out counts as a closed connection, not as a bug."""
        try:
            super().ack(message)
        except redis.TimeoutError as error:
            raise ConnectionClosed(error) from None


class BlockingBroker(RedisBroker):
    """Dramatiq's Redis broker with consumers that block."""

    @property
    def consumer_class(self) -> type[BlockingConsumer]:
        """The consumer to make for each queue."""
        return BlockingConsumer
