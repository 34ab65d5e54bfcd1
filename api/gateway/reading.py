"""Reading: a client's frames, one at a time, no larger and no faster than they may come."""

import time
from typing import Any

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.problems import Problem
from schema.wire import frames

FRAMES_PER_SECOND = 50
BURST = 250
"""Frames that may come at once: a client that comes back subscribes to all its topics."""


class TooFast(Exception):
    """More frames came than may come."""


class Reader:
    """Reads one socket."""

    __slots__ = ("_at", "_left", "_websocket")

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._left = float(BURST)
        self._at = time.monotonic()

    async def read(self) -> str:
        """The next message. Raises WebSocketDisconnect at its end, and TooFast."""
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        now = time.monotonic()
        self._left = min(BURST, self._left + (now - self._at) * FRAMES_PER_SECOND) - 1
        self._at = now
        if self._left < 0:
            raise TooFast(f"more than {FRAMES_PER_SECOND} frames a second, after the first {BURST}")
        return message.get("text") or ""


def parse(text: str) -> frames.Auth | frames.Subscribe | frames.Unsubscribe:
    """The frame in a message. Raises Problem("invalid-frame"), ValidationError."""
    return frames.client_frame.validate_python(_json(text))


def reference_in(text: str) -> str | None:
    """The `ref` of a message that is no frame, so that its sender knows which one it was."""
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    ref = said.get("ref") if isinstance(said, dict) else None
    return ref if isinstance(ref, str) and len(ref) <= frames.MAX_REFERENCE_LENGTH else None


def _json(text: str) -> Any:
    if len(text) > frames.MAX_FRAME_BYTES:
        raise Problem("invalid-frame", f"frame: at most {frames.MAX_FRAME_BYTES} characters, has {len(text)}")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Problem("invalid-frame", f"frame: not JSON text: {error}") from None
