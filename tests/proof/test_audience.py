"""The bench's audience hears what was sent, and notices what should not have been: twice, too little, an end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import orjson
import pytest
from websockets.asyncio.server import ServerConnection, serve

from proof.bench.failure import BenchFailed
from proof.bench.sockets.audience import audience as room
from proof.bench.sockets.audience.audience import Audience
from proof.bench.sockets.deliveries import delays
from proof.bench.sockets.open_files import allow_sockets

Script = Callable[[ServerConnection], Awaitable[None]]
LONG = "a lighthouse " * 6_000
"""Its frames have every length there is: 7, 16 and 64 bits."""


@asynccontextmanager
async def listening(script: Script, clients: int = 1) -> AsyncIterator[Audience]:
    """An audience at a server that sends what `script` says."""

    async def handle(connection: ServerConnection) -> None:
        await script(connection)
        await connection.wait_closed()

    async with serve(handle, "127.0.0.1", 0, ping_interval=0.05, ping_timeout=5, close_timeout=0.2) as server:
        port = server.sockets[0].getsockname()[1]
        audience = Audience()
        await audience.open(f"http://127.0.0.1:{port}", "/", [None], clients)
        yield audience
        await audience.leave(keep=0)


def transition(version: int, prompt: str = "") -> str:
    frame = {"type": "transition", "topic": "generation:7", "id": "7", "version": version, "prompt": prompt}
    return orjson.dumps(frame).decode()


async def test_frames_of_all_lengths_are_heard_once_by_each() -> None:
    async def script(connection: ServerConnection) -> None:
        for version, prompt in enumerate(("", LONG[:1_000], LONG), start=1):
            await connection.send(transition(version, prompt))
            # Long enough for pings to be due, which must be answered.
            await asyncio.sleep(0.1)

    async with listening(script, clients=3) as audience:
        heard = await audience.gather(9)
        assert {move: len(moments) for move, moments in heard.items()} == {"7:1": 3, "7:2": 3, "7:3": 3}
        assert [*map(min, heard.values())] == sorted(map(min, heard.values()))


async def test_what_comes_twice_fails() -> None:
    async def script(connection: ServerConnection) -> None:
        await connection.send(transition(1))
        await connection.send(transition(1))

    async with listening(script) as audience:
        with pytest.raises(BenchFailed, match="more than once"):
            await audience.gather(2)


async def test_what_does_not_come_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "PATIENCE_SECONDS", 0.2)

    async def script(connection: ServerConnection) -> None:
        await connection.send(transition(1))

    async with listening(script) as audience:
        with pytest.raises(BenchFailed, match="1 of 2 transition"):
            await audience.gather(2)


@pytest.mark.parametrize(
    ("script", "why"),
    [
        (lambda connection: connection.close(4408, "too slow"), "closed it: 4408 too slow"),
        (lambda connection: connection.send('{"type":"error"}'), "was told"),
    ],
    ids=["closed", "error"],
)
async def test_a_client_in_trouble_fails(script: Script, why: str) -> None:
    with pytest.raises(BenchFailed, match=why):
        async with listening(script) as audience:
            await audience.gather(1)


async def test_everybody_answers() -> None:
    async def echo(connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)

    async with listening(echo, clients=5) as audience:
        assert await audience.answers('{"type":"unsubscribe"}', "unsubscribe") == 5


MOVED = [("7", 2, 1_000), ("7", 3, 2_000)]


def test_every_delivery_has_its_delay() -> None:
    heard = {"7:2": [3_000, 4_000], "7:3": [5_000, 7_000]}
    assert delays(MOVED, heard, followers=lambda _: 2) == [[2e-6, 3e-6], [3e-6, 5e-6]]


@pytest.mark.parametrize(
    ("heard", "why"),
    [
        ({"7:2": [3_000]}, "version 3 of 7 was heard 0 times, by 1 followers"),
        ({"7:2": [3_000], "7:3": [4_000, 4_001]}, "version 3 of 7 was heard 2 times"),
        ({"7:2": [3_000], "7:3": [4_000], "7:4": [5_000]}, "nobody committed"),
    ],
    ids=["lost", "too many", "strange"],
)
def test_deliveries_that_do_not_match_the_commits_fail(heard: dict[str, list[int]], why: str) -> None:
    with pytest.raises(BenchFailed, match=why):
        delays(MOVED, heard, followers=lambda _: 1)


def test_more_sockets_than_a_process_may_hold_are_refused() -> None:
    with pytest.raises(BenchFailed, match="ulimit"):
        allow_sockets(2**40)
