"""A gateway's door as a client finds it: open, and let in by any of the ways to show a key."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import orjson
from websockets.asyncio.client import ClientConnection, connect

MAX_FRAME = 2**22
"""Bytes."""
CLOSE_SECONDS = 1.0
HEADER, QUERY, FRAME = "header", "query", "frame"


@asynccontextmanager
async def let_in(gateway: str, key: str, dice: Random) -> AsyncIterator[ClientConnection]:
    """An open websocket whose gateway knows the key, or is about to read it. Raises what connecting raises."""
    way = dice.choice((HEADER, QUERY, FRAME))
    address = gateway.replace("http", "ws", 1) + "/v1/ws"
    async with connect(
        f"{address}?access_token={key}" if way == QUERY else address,
        additional_headers={"Authorization": f"Bearer {key}"} if way == HEADER else {},
        compression=None,
        proxy=None,
        close_timeout=CLOSE_SECONDS,
        max_size=MAX_FRAME,
    ) as socket:
        if way == FRAME:
            await socket.send(orjson.dumps({"type": "auth", "token": key}), text=True)
        yield socket
