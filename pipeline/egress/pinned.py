"""A session that connects to the addresses that were looked at, whatever a name server says by now."""

import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from pipeline.egress.addresses import Address


class Pinned(NamedTuple):
    """An address of the web, and the hosts that a request for it may go to."""

    url: URL
    addresses: tuple[Address, ...]


class _Answers(AbstractResolver):
    """Answers with what has been found already."""

    def __init__(self, addresses: tuple[Address, ...]) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """See AbstractResolver."""
        return results_of(self._addresses, host, port)

    async def close(self) -> None:
        """See AbstractResolver."""


def results_of(addresses: Sequence[Address], host: str, port: int) -> list[ResolveResult]:
    """What a resolver of aiohttp's answers when `host` has these addresses."""
    return [
        ResolveResult(
            hostname=host,
            host=str(address),
            port=port,
            family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
            proto=0,
            flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
        )
        for address in addresses
    ]


@asynccontextmanager
async def pinned_session(pinned: Pinned) -> AsyncIterator[aiohttp.ClientSession]:
    """A session for `pinned` alone: no cookies, no proxies of the environment, no connection kept for later.

    Certificates are held against the name, as ever.
    """
    connector = aiohttp.TCPConnector(resolver=_Answers(pinned.addresses), use_dns_cache=False, force_close=True)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session
