"""The broker: Redis or Valkey, and the middleware that every message passes, in order."""

import redis
from dramatiq.middleware import Middleware, TimeLimit
from redis.backoff import NoBackoff
from redis.retry import Retry

from actors.consumer import WAKE_SECONDS, BlockingBroker
from pipeline.doorbell import NAMESPACE
from pipeline.settings import Settings

TIME_LIMIT_MILLISECONDS = 60_000
"""A backstop: every look has limits of its own, far shorter."""


def open_broker(settings: Settings, *middleware: Middleware) -> BlockingBroker:
    """The broker for REDIS_URL.

    No Retries middleware: it loses messages when Redis fails at the wrong moment, and nothing here needs it. A bell
    whose actor raises is acknowledged; its rows are due, so the sweep rings again.
    """
    if settings.redis_url is None:
        raise ValueError("REDIS_URL is not set. Start with `make up`, or name a Redis or Valkey in it.")
    client = redis.Redis.from_url(
        settings.redis_url,
        socket_timeout=WAKE_SECONDS + 5,
        socket_connect_timeout=5,
        # Never retried below us: a repeated enqueue is a doubled message, and a repeated fetch strands one.
        retry=Retry(NoBackoff(), 0),
    )
    return BlockingBroker(
        client=client,
        namespace=NAMESPACE,
        # A dead worker's bells come back within half a minute or so; its rows' leases end long before.
        maintenance_chance=50_000,
        heartbeat_timeout=30_000,
        middleware=[TimeLimit(time_limit=TIME_LIMIT_MILLISECONDS), *middleware],
    )
