"""A real web server that receives webhooks, answers as it is told, and keeps what came."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web
from standardwebhooks import Webhook

from tests.pipeline.egress.hosts import serving

PATIENCE = 20.0
"""Seconds that a test waits for a webhook before it fails."""
Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """Its `webhook-id`."""
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        """The body, read."""
        event: dict[str, Any] = orjson.loads(self.body)
        return event

    def verify(self, secret: str) -> None:
        """Raises the library's WebhookVerificationError when `secret` has not signed it."""
        Webhook(secret).verify(self.body, dict(self.headers))


@dataclass
class Receiver:
    """What came, and how the next ones are answered; 200 when `answers` has run out."""

    url: str = ""
    answers: deque[Answer] = field(default_factory=deque)
    received: list[Received] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.BaseRequest) -> web.StreamResponse:
        """The handler."""
        self.received.append(Received(dict(request.headers), await request.read()))
        self.came.set()
        return await (self.answers.popleft() if self.answers else answering(200))(request)

    async def until(self, count: int) -> list[Received]:
        """Everything that came, as soon as there are `count`."""
        async with asyncio.timeout(PATIENCE):
            while len(self.received) < count:
                self.came.clear()
                await self.came.wait()
        return self.received


@asynccontextmanager
async def receiving(port: int = 0, path: str = "/hook") -> AsyncIterator[Receiver]:
    """A receiver that listens while the context lasts, on a free port unless one is given."""
    receiver = Receiver()
    async with serving(receiver.take, port=port) as found:
        receiver.url = f"http://127.0.0.1:{found}{path}"
        yield receiver


def answering(status: int, text: str = "", **headers: str) -> Answer:
    """An answer of this status; underscores in the names of headers stand for hyphens."""

    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response(
            status=status, text=text, headers={name.replace("_", "-"): v for name, v in headers.items()}
        )

    return answer


async def hanging(_: web.BaseRequest) -> web.Response:
    """No answer, for longer than any test lasts."""
    await asyncio.Event().wait()
    raise AssertionError


async def cutting(request: web.BaseRequest) -> web.Response:
    """The line is cut without a word."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def endless(request: web.BaseRequest) -> web.StreamResponse:
    """200, and a body that goes on for as long as somebody reads it."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x" * 65_536)


async def dripping(request: web.BaseRequest) -> web.StreamResponse:
    """200, the beginning of a body, and then nothing."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b"thank you")
    await asyncio.Event().wait()
    raise AssertionError
