"""What a socket may do, how many there may be, and how the dead are found."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api.gateway.reading import BURST
from pipeline.settings import Settings
from tests.api.conftest import Web, darkroom_of
from tests.api.gateway.slow import sockets_of
from tests.api.test_websocket import hear, say, socket
from tests.darkroom import Darkroom
from tests.until import until
from tests.web_process import web_process

TWO = 2
PING_SECONDS = 0.3


@pytest.fixture
async def small(settings: Settings, engine: AsyncEngine) -> AsyncIterator[Web]:
    """A web process that holds two sockets, and pings them often."""
    chosen = settings.model_copy(update={"max_sockets": TWO})
    async with web_process(chosen, ping_seconds=PING_SECONDS) as state:
        yield Web(state, darkroom_of(chosen))


async def test_too_many_frames_a_second_end_it(web: Web) -> None:
    async with web.darkroom.user() as user, socket(web.darkroom, user.key) as connection:
        obeyed = 0
        with suppress(ConnectionClosed):
            while True:
                await say(connection, type="unsubscribe", topic="queue")
                obeyed += (await hear(connection))["type"] == "unsubscribed"
        assert (connection.close_code, obeyed >= BURST) == (4429, True)


async def test_one_socket_too_many_is_refused_with_when_to_come_again(small: Web) -> None:
    async with small.darkroom.user() as user, socket(small.darkroom, user.key), socket(small.darkroom, user.key):
        with pytest.raises(InvalidStatus) as refused:
            async with socket(small.darkroom, user.key):
                pass
        answer = refused.value.response
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert b"DARKROOM_MAX_SOCKETS" in (answer.body or b"")


async def half_open(darkroom: Darkroom, key: str) -> asyncio.StreamWriter:
    """A client that shakes hands and is never heard of again."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(darkroom.url.rpartition(":")[2]))
    nonce = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        f"GET /v1/ws HTTP/1.1\r\nHost: darkroom\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Authorization: Bearer {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {nonce}\r\n\r\n".encode()
    )
    assert b" 101 " in await reader.readline()
    return writer


async def test_a_half_open_socket_is_pinged_out_and_a_live_one_stays(small: Web) -> None:
    async with small.darkroom.user() as user, socket(small.darkroom, user.key) as alive:
        writer = await half_open(small.darkroom, user.key)
        await until(lambda: len(sockets_of(small.state)) == TWO)
        await until(lambda: len(sockets_of(small.state)) < TWO)
        await say(alive, type="unsubscribe", topic="queue")
        assert (await hear(alive))["type"] == "unsubscribed"
        writer.close()
