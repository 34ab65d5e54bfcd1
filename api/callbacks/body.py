"""A callback's body, read in two steps: what came with the headers, and the rest once it is known to be wanted."""

import asyncio
from contextlib import suppress

from starlette.requests import ClientDisconnect, Request

from api.problems import Problem

MAX_CALLBACK_BYTES = 8 * 2**20
"""Predictions carry their logs, and sometimes their outputs as data URIs."""


class CallbackBody:
    """The body of one request."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._body = bytearray()
        self._is_whole = False

    async def is_at_hand(self) -> bool:
        """Take what has come already, which is little: the server reads no further ahead. Whether that was all."""
        # Who expects a 100 is told to send it by being asked for more.
        if "expect" not in self._request.headers:
            with suppress(TimeoutError):
                async with asyncio.timeout(0):
                    await self.read()
        return self._is_whole

    async def read(self) -> bytes:
        """All of it. Raises Problem("too-large") as soon as it passes the limit."""
        while not self._is_whole:
            message = await self._request.receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            self._body += message.get("body", b"")
            self._is_whole = not message.get("more_body", False)
            if len(self._body) > MAX_CALLBACK_BYTES:
                raise Problem("too-large", f"body: at most {MAX_CALLBACK_BYTES} bytes")
        return bytes(self._body)
