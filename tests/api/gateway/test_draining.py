"""A web process that is about to stop: it says so, takes nobody new, and sends everybody away one by one."""

import asyncio
from contextlib import AsyncExitStack
from time import monotonic

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus

from tests.api.conftest import Web
from tests.api.test_websocket import socket
from tests.until import until

SOCKETS = 20
DRAIN_SECONDS = 1.0


async def _closed_at(connection: ClientConnection) -> tuple[float, int | None]:
    await connection.wait_closed()
    return monotonic(), connection.close_code


async def test_everybody_is_sent_away_but_not_at_once(web: Web) -> None:
    async with web.darkroom.user() as user, AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(socket(web.darkroom, user.key)) for _ in range(SOCKETS)]
        await until(lambda: len(web.state.sockets) == SOCKETS)
        draining = asyncio.create_task(web.state.sockets.drain(DRAIN_SECONDS))
        closed = asyncio.gather(*(_closed_at(connection) for connection in connections))
        await until(lambda: web.state.sockets.is_draining)
        async with user.http.get("/readyz") as answer:
            assert (answer.status, (await answer.json())["checks"]["sockets"]) == (503, "this process is about to stop")
        async with user.http.get("/healthz") as answer:
            assert answer.status == 200
        with pytest.raises(InvalidStatus) as refused:
            async with socket(web.darkroom, user.key):
                pass
        assert refused.value.response.status_code == 503
        ends = await closed
        await draining
        assert {code for _, code in ends} == {1012}
        moments = sorted(at for at, _ in ends)
        # They were closed in turn: no two thirds of them fell into one half of the time.
        half = moments[0] + DRAIN_SECONDS / 2
        assert SOCKETS / 3 <= sum(at < half for at in moments) <= SOCKETS * 2 / 3
