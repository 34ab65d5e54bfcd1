"""A client that reads only when it is told to."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.asyncio.client import ClientConnection, connect

from api.gateway.socket import Socket
from api.state import State
from tests.darkroom import Darkroom, User

KERNEL_BYTES = 16_384
"""The client's receive buffer: what its kernel takes off the server while nobody reads."""


@asynccontextmanager
async def slow_client(darkroom: Darkroom, user: User) -> AsyncIterator[ClientConnection]:
    """A websocket that takes one frame off its connection and then none, until somebody receives."""
    port = int(darkroom.url.rpartition(":")[2])
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BYTES)
    line.setblocking(True)
    line.connect(("127.0.0.1", port))
    line.setblocking(False)
    async with connect(
        f"ws://127.0.0.1:{port}/v1/ws",
        sock=line,
        additional_headers={"Authorization": f"Bearer {user.key}"},
        compression=None,
        max_queue=1,
        ping_interval=None,
        close_timeout=1,
    ) as connection:
        yield connection


def sockets_of(state: State) -> list[Socket]:
    """The open websockets, as the web process holds them."""
    return [one for one in state.sockets if isinstance(one, Socket)]
