"""The worker's consumer, against a real Valkey: woken at once, and never behind on what was rung."""

import asyncio
from collections.abc import Iterator

import pytest
from dramatiq import MessageProxy
from dramatiq.errors import ConnectionClosed
from redis.asyncio import Redis

from actors.broker import open_broker
from actors.consumer import WAKE_SECONDS, BlockingBroker, BlockingConsumer
from pipeline.doorbell import NAMESPACE, Bell, Doorbell, wake_key
from pipeline.settings import Settings
from tests.pipeline.test_doorbell import rung

PATIENCE = 10.0
OURS = "1"
"""The Valkey database of these tests: a whole Darkroom may be at work in another."""
QUEUE = f"{NAMESPACE}:start"


@pytest.fixture
def broker(settings: Settings, redis: Redis) -> Iterator[BlockingBroker]:
    """A broker on an empty Valkey database."""
    opened = open_broker(settings)
    yield opened
    opened.close()
    opened.client.close()


@pytest.fixture
def consumer(broker: BlockingBroker) -> BlockingConsumer:
    """A worker's consumer of the queue `start`."""
    made = broker.consume("start", prefetch=2)
    assert isinstance(made, BlockingConsumer)
    return made


@pytest.fixture
def doorbell(redis: Redis) -> Doorbell:
    """A doorbell."""
    return Doorbell(redis)


def fetched(consumer: BlockingConsumer) -> MessageProxy:
    """The next message; blocks as a worker's consumer thread does."""
    return next(message for message in consumer if message is not None)


async def blocked(redis: Redis) -> int:
    """Wait until a client blocks on the wake key; its id."""
    async with asyncio.timeout(PATIENCE):
        while True:
            for client in await redis.client_list():
                if client["cmd"] == "blpop" and "b" in client["flags"] and client["db"] == OURS:
                    return int(client["id"])


async def cut_until_noticed(redis: Redis, waiting: "asyncio.Task[MessageProxy]") -> None:
    """Cut whoever blocks until the task ends: a cut that falls between two waits is mended without a word."""
    async with asyncio.timeout(PATIENCE):
        while not waiting.done():
            for client in await redis.client_list():
                if client["cmd"] == "blpop" and "b" in client["flags"] and client["db"] == OURS:
                    await redis.client_kill_filter(_id=client["id"])


async def test_a_ring_wakes_a_blocked_consumer(redis: Redis, consumer: BlockingConsumer, doorbell: Doorbell) -> None:
    rounds = 8
    # Without the wake key each round would take a whole WAKE_SECONDS.
    async with asyncio.timeout(rounds * WAKE_SECONDS / 2):
        for _ in range(rounds):
            waiting = asyncio.create_task(asyncio.to_thread(fetched, consumer))
            await blocked(redis)
            await rung(doorbell, Bell.START)
            consumer.ack(await waiting)


async def test_an_unrung_consumer_returns_for_its_heartbeat(consumer: BlockingConsumer) -> None:
    async with asyncio.timeout(WAKE_SECONDS + PATIENCE):
        assert await asyncio.to_thread(next, consumer) is None


async def test_messages_name_their_actor_and_leave_with_the_acknowledgement(
    redis: Redis, broker: BlockingBroker, doorbell: Doorbell
) -> None:
    for bell in Bell:
        consumer = broker.consume(bell, prefetch=2)
        await rung(doorbell, bell)
        message = await asyncio.to_thread(next, consumer)
        assert message is not None
        assert (message.actor_name, message.queue_name, message.args, message.kwargs) == (bell, bell, (), {})
        held = f"{NAMESPACE}:__acks__.{broker.broker_id}.{bell}"
        assert (await redis.hlen(f"{NAMESPACE}:{bell}.msgs"), await redis.scard(held)) == (1, 1)
        consumer.ack(message)
        assert (await redis.hlen(f"{NAMESPACE}:{bell}.msgs"), await redis.scard(held)) == (0, 0)
        assert await redis.llen(f"{NAMESPACE}:{bell}") == 0


async def test_a_bell_that_rings_is_not_rung_again_until_it_is_fetched(
    redis: Redis, consumer: BlockingConsumer, doorbell: Doorbell
) -> None:
    await rung(doorbell, Bell.START)
    await rung(doorbell, Bell.START)
    assert await redis.llen(QUEUE) == 1
    await rung(doorbell, Bell.COLLECT)
    assert await redis.llen(f"{NAMESPACE}:collect") == 1
    first = await asyncio.to_thread(next, consumer)
    assert first is not None
    assert await redis.llen(QUEUE) == 0  # off the list before the actor looks
    await rung(doorbell, Bell.START)
    assert await redis.llen(QUEUE) == 1
    second = await asyncio.to_thread(fetched, consumer)
    assert first.message_id != second.message_id


async def test_bells_that_nobody_answers_do_not_pile_up(redis: Redis, doorbell: Doorbell) -> None:
    for _ in range(30):
        await rung(doorbell, Bell.START)
    assert (await redis.llen(QUEUE), await redis.hlen(f"{QUEUE}.msgs")) == (1, 1)
    assert await redis.llen(wake_key("start")) == 1


async def test_a_consumer_whose_connection_is_cut_says_so_and_a_new_one_goes_on(
    redis: Redis, broker: BlockingBroker, consumer: BlockingConsumer, doorbell: Doorbell
) -> None:
    waiting = asyncio.create_task(asyncio.to_thread(fetched, consumer))
    await cut_until_noticed(redis, waiting)
    with pytest.raises(ConnectionClosed):
        await waiting
    await rung(doorbell, Bell.START)
    again = broker.consume("start", prefetch=2)
    assert (await asyncio.to_thread(fetched, again)).actor_name == "start"  # type: ignore[arg-type]


async def test_a_wake_up_that_was_taken_without_room_for_its_message_is_not_lost(
    redis: Redis, broker: BlockingBroker, doorbell: Doorbell
) -> None:
    consumer = broker.consume("start", prefetch=1)
    await rung(doorbell, Bell.START)
    first = await asyncio.to_thread(next, consumer)
    assert first is not None
    await rung(doorbell, Bell.START)
    while await redis.llen(wake_key("start")):
        assert await asyncio.to_thread(next, consumer) is None
    consumer.ack(first)
    assert await asyncio.to_thread(next, consumer) is not None
