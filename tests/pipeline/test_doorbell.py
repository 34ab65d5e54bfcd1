"""The doorbell: rung in any weather, and never a reason to fail."""

import time
from collections.abc import AsyncIterator

import pytest
from dramatiq import Message
from redis import Redis as BlockingRedis
from redis.asyncio import Redis

from pipeline.doorbell import NAMESPACE, Bell, Doorbell, message, open_redis
from pipeline.embedded.ports import any_free_port
from pipeline.settings import Settings

PATIENCE = 10.0


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator[Redis]:
    """A client of an empty Valkey database."""
    client = open_redis(settings)
    await client.flushdb()
    yield client
    await client.aclose()


async def rung(doorbell: Doorbell, *bells: Bell) -> None:
    """Ring them, and wait until the broker has them."""
    for bell in bells:
        doorbell.ring(bell)
    await doorbell.flush()


async def lengths(redis: Redis) -> dict[Bell, int]:
    """How many messages wait on each queue."""
    return {bell: await redis.llen(f"{NAMESPACE}:{bell}") for bell in Bell}


async def test_a_ring_leaves_one_message_of_its_actor(redis: Redis) -> None:
    await rung(Doorbell(redis), Bell.STORE)
    assert await lengths(redis) == {**dict.fromkeys(Bell, 0), Bell.STORE: 1}
    ((redis_id, payload),) = (await redis.hgetall(f"{NAMESPACE}:store.msgs")).items()
    assert isinstance(redis_id, bytes)
    assert isinstance(payload, bytes)
    assert await redis.lrange(f"{NAMESPACE}:store", 0, -1) == [redis_id]
    decoded = Message.decode(payload)
    assert (decoded.actor_name, decoded.queue_name) == ("store", "store")
    assert decoded.options == {"redis_message_id": redis_id.decode()}


def test_every_message_is_another_one() -> None:
    assert len({message(Bell.START)[0] for _ in range(100)}) == 100


async def test_rings_that_come_together_are_one_ring_of_each_bell(redis: Redis) -> None:
    doorbell = Doorbell(redis)
    await rung(doorbell, *Bell, *Bell, *Bell)
    assert await lengths(redis) == dict.fromkeys(Bell, 1)


async def test_a_bell_that_was_handed_over_has_left_though_the_loop_does_nothing_more(
    redis: Redis, settings: Settings
) -> None:
    assert settings.redis_url is not None
    doorbell = Doorbell(redis)
    await rung(doorbell, Bell.STORE)  # connected, and the script is known
    await doorbell.hand_over(Bell.COLLECT)
    with BlockingRedis.from_url(settings.redis_url) as beside:
        patience = time.monotonic() + PATIENCE
        while not beside.llen(f"{NAMESPACE}:{Bell.COLLECT}"):
            assert time.monotonic() < patience, "it is still here"
    await doorbell.flush()


async def test_a_broker_that_forgot_everything_is_rung_all_the_same(redis: Redis) -> None:
    doorbell = Doorbell(redis)
    await rung(doorbell, Bell.START)
    await redis.flushdb()
    await redis.script_flush()
    await rung(doorbell, Bell.START)
    assert (await lengths(redis))[Bell.START] == 1


async def test_a_broker_that_is_away_is_logged_and_stops_nobody(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    client = open_redis(settings.model_copy(update={"redis_url": f"redis://127.0.0.1:{any_free_port()}/0"}))
    doorbell = Doorbell(client)
    await rung(doorbell, Bell.START, Bell.STORE)
    await client.aclose()
    assert {record.getMessage().partition(" (")[0] for record in caplog.records} == {
        "bell start not rung",
        "bell store not rung",
    }


async def test_without_an_address_it_says_how_to_give_one(settings: Settings) -> None:
    with pytest.raises(ValueError, match="REDIS_URL is not set"):
        open_redis(settings.model_copy(update={"redis_url": None}))


async def test_a_broker_is_asked_whether_it_remembers(redis: Redis) -> None:
    doorbell = Doorbell(redis)
    assert await doorbell.has_forgotten()  # a new one remembers nothing
    assert not await doorbell.has_forgotten()
    await redis.flushdb()
    assert await doorbell.has_forgotten()
