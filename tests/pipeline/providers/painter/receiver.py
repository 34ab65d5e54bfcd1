"""A real web server that receives webhooks and checks their signatures."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

PATIENCE = 10.0
"""Seconds a test waits for a webhook before it fails."""


@dataclass
class Received:
    """One webhook as it came; `genuine` when its signature holds."""

    message: str
    genuine: bool
    body: dict[str, Any]
    path: str

    @property
    def status(self) -> str:
        """The status the webhook tells."""
        status: str = self.body["status"]
        return status


class Receiver:
    """Collects webhooks. `answers` are the status codes of the next answers, 200 when there are none left."""

    def __init__(self) -> None:
        self.url = ""
        self.secret: str | None = None
        self.answers: list[int] = []
        self._received: asyncio.Queue[Received] = asyncio.Queue()

    async def next(self) -> Received:
        """The next webhook, as soon as it is here."""
        async with asyncio.timeout(PATIENCE):
            return await self._received.get()

    async def until(self, status: str) -> list[Received]:
        """Every webhook up to and with the first genuine one of that status."""
        got = [await self.next()]
        while not (got[-1].genuine and got[-1].status == status):
            got.append(await self.next())
        return got

    async def take(self, request: web.Request) -> web.Response:
        """The handler."""
        raw = await request.read()
        genuine = True
        if self.secret is not None:
            try:
                Webhook(self.secret).verify(raw, dict(request.headers))
            except WebhookVerificationError:
                genuine = False
        received = Received(request.headers["webhook-id"], genuine, orjson.loads(raw), request.path)
        self._received.put_nowait(received)
        status = self.answers.pop(0) if self.answers else 200
        headers = {"Location": f"{self.url}/moved"} if 300 <= status < 400 else {}
        return web.Response(status=status, headers=headers)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver that listens while the context lasts."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/{tail:.*}", receiver.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield receiver
    finally:
        await runner.cleanup()
