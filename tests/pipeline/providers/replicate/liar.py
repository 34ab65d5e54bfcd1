"""A real server that answers as no honest provider would."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class Liar:
    """Where it listens, and every request it got."""

    url: str = ""
    requests: list[web.BaseRequest] = field(default_factory=list)


@asynccontextmanager
async def lying(answer: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]) -> AsyncIterator[Liar]:
    """A server that gives every request to `answer` while the context lasts."""
    liar = Liar()

    async def take(request: web.BaseRequest) -> web.StreamResponse:
        liar.requests.append(request)
        return await answer(request)

    runner = web.ServerRunner(web.Server(take), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    liar.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield liar
    finally:
        await runner.cleanup()
