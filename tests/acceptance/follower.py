"""Somebody who follows one generation with the `websockets` library, through every cut of the line."""

import asyncio
import json
from itertools import cycle
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from schema.statuses import FINAL, Status
from tests.api.wire import check_frame

RECONNECT_SECONDS = 0.1


async def follow(url: str, key: str, generation_id: str, seconds: float, *others: str) -> list[dict[str, Any]]:
    """Every transition frame until a final one. Raises AssertionError if one is repeated, missing or out of order.

    With the addresses of `others`, each connection is to the next one.
    """
    frames: list[dict[str, Any]] = []
    gateways = cycle([url, *others])
    async with asyncio.timeout(seconds):
        while True:
            try:
                await _read_on(next(gateways), key, generation_id, frames)
            except (OSError, WebSocketException):
                # What a killed web process looks like from outside. The pause is the client's manners, not a wait.
                await asyncio.sleep(RECONNECT_SECONDS)
            if frames and Status(frames[-1]["status"]) in FINAL:
                return frames


async def _read_on(url: str, key: str, generation_id: str, frames: list[dict[str, Any]]) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    async with connect(f"{url.replace('http', 'ws', 1)}/v1/ws", additional_headers=headers, compression=None) as socket:
        topic = f"generation:{generation_id}"
        await socket.send(json.dumps({"type": "subscribe", "topic": topic, "after": len(frames)}))
        confirmed = json.loads(await socket.recv())
        check_frame(confirmed)
        if confirmed["type"] == "error":
            assert confirmed["problem"]["status"] == 503, confirmed
            return
        assert confirmed["type"] == "subscribed"
        while not frames or Status(frames[-1]["status"]) not in FINAL:
            frame = json.loads(await socket.recv())
            check_frame(frame)
            if frame["type"] == "progress":
                continue
            assert frame["version"] == len(frames) + 1, f"after {len(frames)} came {frame['version']}"
            frames.append(frame)
