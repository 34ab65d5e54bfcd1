"""Name servers and web servers of a test's own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address, ip_network
from ssl import SSLContext

from aiohttp import web

from pipeline.egress.addresses import Address
from pipeline.egress.guard import Guard

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Names:
    """A name server that gives each name the next of its answers, and the last one from then on."""

    def __init__(self, **answers: list[str]) -> None:
        self._answers = {name.replace("_", "."): list(given) for name, given in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[Address]:
        self.asked.append(host)
        given = self._answers[host]
        answer = given.pop(0) if len(given) > 1 else given[0]
        return [ip_address(one) for one in answer.split()]


def guard(*, allowed: bool = True, **answers: list[str]) -> Guard:
    """A guard that may reach this machine, or not, and asks a name server of these answers."""
    return Guard(LOOPBACK if allowed else (), Names(**answers))


@asynccontextmanager
async def serving(handler: Handler, tls: SSLContext | None = None, port: int = 0) -> AsyncIterator[int]:
    """A web server on this machine, on a free port unless one is given; its port."""
    runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls)
    await site.start()
    try:
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
