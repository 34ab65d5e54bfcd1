"""The doorbell: rings an actor. A bell says "there may be work of this kind"; lost, doubled or late, it does no harm.

Written with an asynchronous Redis client in Dramatiq's documented wire format (a hash of messages beside a list of
their ids), because `actor.send()` blocks its thread and, from a coroutine, the whole loop.
Source: Dramatiq's guide, "Enqueueing Messages from Other Languages".
"""

import asyncio
import logging
from enum import StrEnum
from uuid import uuid4

from dramatiq import Message
from redis.asyncio import Redis
from redis.exceptions import RedisError

from pipeline.settings import Settings

log = logging.getLogger(__name__)

NAMESPACE = "darkroom"
SENTINEL = f"{NAMESPACE}:sentinel"
"""A key that is always there, unless the broker was flushed or came back without its data."""
TURNS_TO_LEAVE = 2
"""Of the loop, over a connection that is open: one for our task, one for the task in which redis-py sends with a
timeout before Python 3.12."""


class Bell(StrEnum):
    """The actors that can be rung; each has the queue of its own name."""

    START = "start"
    COLLECT = "collect"
    STORE = "store"
    CANCEL = "cancel"
    DELIVER = "deliver"


def wake_key(queue: str) -> str:
    """The list on which an idle consumer blocks."""
    return f"{NAMESPACE}:{queue}.wake"


# A bell that already rings need not be rung again: as long as its message lies unfetched, whoever fetches it will look
# at the rows later than this ring. Fetching takes it off the list before the actor looks, so work that comes after that
# look rings anew; and a broker that lost its memory has an empty list.
_RING = """
local queue, wake = KEYS[1], KEYS[2]
if redis.call('llen', queue) > 0 then return 0 end
redis.call('hset', queue .. '.msgs', ARGV[1], ARGV[2])
redis.call('rpush', queue, ARGV[1])
redis.call('lpush', wake, 1)
redis.call('ltrim', wake, 0, 15)
return 1
"""


def message(bell: Bell) -> tuple[str, bytes]:
    """A fresh message for an actor: its id in Redis and its bytes."""
    redis_id = str(uuid4())
    rung: Message[None] = Message(
        queue_name=bell, actor_name=bell, args=(), kwargs={}, options={"redis_message_id": redis_id}
    )
    return redis_id, rung.encode()


class Doorbell:
    """Rings actors. Rings that come while one is under way go together."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._script = redis.register_script(_RING)
        self._wanted: set[Bell] = set()
        self._ringing: asyncio.Task[None] | None = None

    def ring(self, bell: Bell) -> None:
        """Ring `bell`, from a coroutine; does not wait: a broker that is slow or away must hold up no door.

        What could not be rung is only logged: the row is committed and the sweep rings again.
        """
        self._wanted.add(bell)
        if self._ringing is None:
            self._ringing = asyncio.create_task(self._ring_wanted())

    async def hand_over(self, bell: Bell) -> None:
        """As `ring`, for a door: gives the bell the turns it needs to leave before the answer is written.

        That takes longer than the bell, and whoever is rung can begin meanwhile. No answer of the broker is waited for.
        """
        self.ring(bell)
        for _ in range(TURNS_TO_LEAVE):
            await asyncio.sleep(0)

    async def flush(self) -> None:
        """Wait until every bell has been rung, or could not be."""
        if self._ringing is not None:
            await asyncio.wait([self._ringing])

    async def has_forgotten(self) -> bool:
        """Whether the broker has lost its memory since somebody last asked; its messages are gone with it."""
        return bool(await self._redis.set(SENTINEL, 1, nx=True))

    async def _ring_wanted(self) -> None:
        try:
            while self._wanted:
                bell = self._wanted.pop()
                try:
                    redis_id, payload = message(bell)
                    await self._script(keys=[f"{NAMESPACE}:{bell}", wake_key(bell)], args=[redis_id, payload])
                except (RedisError, OSError) as error:
                    log.warning("bell %s not rung (the sweep will ring it): %s", bell, error)
        finally:
            # No await since the last look at what is wanted, so no ring falls between.
            self._ringing = None


def open_redis(settings: Settings) -> Redis:
    """An asynchronous client for REDIS_URL. Close it with `aclose`.

    Raises ValueError when REDIS_URL is not set.
    """
    if settings.redis_url is None:
        raise ValueError("REDIS_URL is not set. Start with `make up`, or name a Redis or Valkey in it.")
    return Redis.from_url(settings.redis_url, socket_timeout=5, socket_connect_timeout=5)
