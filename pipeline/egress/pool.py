"""Pooled connections through the guard: for many requests to the same hosts, as downloads are."""

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from pipeline.egress.guard import Guard, explained
from pipeline.egress.pinned import results_of

PER_HOST = 100
"""Connections to one host at a time. A host that never answers must not use up those of others."""


class Pool:
    """Connections that are kept, each to an address that the guard has looked at; open it with `open_pool`.

    Which address a name has is asked and checked when a connection is made, and the connection is made to that very
    address: a name that is rebound later gains nothing.
    """

    def __init__(self, guard: Guard, sessions: dict[str, aiohttp.ClientSession], own: aiohttp.ClientSession) -> None:
        self._guard = guard
        self._sessions = sessions
        self._own = own

    @asynccontextmanager
    async def get(
        self, url: str | URL, *, own: URL | None = None, **options: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """One GET, as aiohttp makes it with these options, while the context lasts. No redirect is followed.

        `own` is an address that the operator has set up, which may lie inside: what has its scheme, host and port is
        asked as it is; everything else goes through the guard. Raises EgressRefused or EgressUnreachable, also for what
        goes wrong while the answer is read. The caller sets the time.
        """
        address = self._guard.parse(url)
        session = self._own
        if own is None or _origin(address) != _origin(own):
            self._guard.check(address)
            session = self._sessions[address.scheme]
        with explained(str(address.host)):
            async with session.get(address, allow_redirects=False, **options) as answer:
                yield answer


@asynccontextmanager
async def open_pool(guard: Guard) -> AsyncIterator[Pool]:
    """A pool of connections, closed when the context ends."""
    async with AsyncExitStack() as stack:

        async def session(resolver: AbstractResolver | None) -> aiohttp.ClientSession:
            connector = aiohttp.TCPConnector(resolver=resolver, limit=0, limit_per_host=PER_HOST)
            jar = aiohttp.DummyCookieJar()
            return await stack.enter_async_context(aiohttp.ClientSession(connector=connector, cookie_jar=jar))

        guarded = {scheme: await session(_Guarded(guard, scheme)) for scheme in ("http", "https")}
        yield Pool(guard, guarded, await session(None))


def _origin(url: URL) -> tuple[str, str | None, int | None]:
    return url.scheme, url.host, url.port


class _Guarded(AbstractResolver):
    """Answers with addresses that the guard lets connections of one scheme go to."""

    def __init__(self, guard: Guard, scheme: str) -> None:
        self._guard = guard
        self._scheme = scheme

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """See AbstractResolver. Raises EgressRefused or EgressUnreachable."""
        return results_of(await self._guard.resolve(self._scheme, host, port), host, port)

    async def close(self) -> None:
        """See AbstractResolver."""
