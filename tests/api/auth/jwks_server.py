"""A sign-in server's JWKS address: a real one, on loopback."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

from aiohttp import web

from tests.api.auth.minting import KeyPair


class JwksServer:
    """Answers with its keys, or with whatever a test wants instead."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = []
        self.answer: Callable[[], web.Response] | None = None
        """In place of the keys."""
        self.reads = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.was_asked = asyncio.Event()
        self.url = ""

    def publish(self, *pairs: KeyPair) -> None:
        """Have these keys and no others."""
        self.keys = [pair.public for pair in pairs]

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Self]:
        """Listen at a free port."""
        app = web.Application()
        app.router.add_get("/auth/v1/.well-known/jwks.json", self._show)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            self.url = f"http://{host}:{port}/auth/v1/.well-known/jwks.json?apikey=a-key-in-a-query"
            yield self
        finally:
            self.may_answer.set()
            await runner.cleanup()

    async def _show(self, _: web.Request) -> web.Response:
        self.reads += 1
        self.was_asked.set()
        await self.may_answer.wait()
        return self.answer() if self.answer else web.json_response({"keys": self.keys})
