"""The guard: looks where an address leads before anything is sent there, and sends it there and nowhere else."""

import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from yarl import URL

from pipeline.egress.addresses import Address, is_in, is_public, literal
from pipeline.egress.pinned import Pinned, pinned_session
from pipeline.egress.resolver import Resolver
from pipeline.errors import EgressRefused, EgressUnreachable
from pipeline.settings.network import Network

log = logging.getLogger(__name__)

Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]


class Guard:
    """Lets requests out to the public internet over https, and to `allowed` networks over http too.

    A name is resolved once. If any of its addresses is neither public nor allowed, it is refused; else the connection
    goes to one of those very addresses, so that a name which resolves differently a moment later gains nothing.
    """

    def __init__(self, allowed: tuple[Network, ...] = (), resolve: Resolve | None = None) -> None:
        self._allowed = allowed
        self._resolve = resolve or Resolver()

    def check(self, url: str) -> None:
        """Raise EgressRefused for what can be told without asking a name server."""
        address = self._parsed(url)
        assert address.host is not None
        if (found := literal(address.host)) is not None:
            self._check_address(address, found)
        elif address.scheme != "https" and not self._allowed:
            raise EgressRefused("must be an https address")

    async def pin(self, url: str) -> Pinned:
        """The addresses that a request for `url` may go to, looked at. Raises EgressRefused or EgressUnreachable."""
        address = self._parsed(url)
        assert address.host is not None
        assert address.port is not None
        found = literal(address.host)
        addresses = [found] if found else await self._resolve(address.host, address.port)
        for one in addresses:
            self._check_address(address, one)
        return Pinned(address, tuple(addresses))

    @asynccontextmanager
    async def request(self, method: str, url: str, **options: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        """One request, as aiohttp makes it with these options, while the context lasts. No redirect is followed.

        Raises EgressRefused or EgressUnreachable, also for what goes wrong while the answer is read. The caller sets
        the time.
        """
        pinned = await self.pin(url)
        host = pinned.url.host
        try:
            async with (
                pinned_session(pinned) as session,
                session.request(method, pinned.url, allow_redirects=False, **options) as answer,
            ):
                yield answer
        except aiohttp.ClientConnectorCertificateError as error:
            raise EgressRefused(f"{host} shows no certificate that can be trusted") from error
        except aiohttp.InvalidURL as error:
            raise EgressRefused("cannot be read as an address") from error
        except (aiohttp.ClientError, OSError) as error:
            raise EgressUnreachable(f"{host} cannot be reached ({type(error).__name__})") from error

    @staticmethod
    def _parsed(url: str) -> URL:
        try:
            address = URL(url)
            host, port = address.host, address.port
        except ValueError as error:
            raise EgressRefused("cannot be read as an address") from error
        if address.scheme not in ("http", "https") or not host or not port:
            raise EgressRefused("must be an https address")
        if address.user is not None or address.password is not None:
            raise EgressRefused("must not hold a user name or a password")
        if literal(host) is None and _is_odd_number(host.rstrip(".")):
            raise EgressRefused(f"{host} is no usual way to write an address")
        return address

    def _check_address(self, url: URL, address: Address) -> None:
        if is_in(address, self._allowed):
            return
        if not is_public(address):
            # Where the name leads is nothing for whoever asked: it may tell of the network inside.
            log.info("egress to %s refused: it leads to %s", url.host, address)
            raise EgressRefused(f"{url.host} is not on the public internet")
        if url.scheme != "https":
            raise EgressRefused("must be an https address")


def _is_odd_number(host: str) -> bool:
    """Whether it is an IPv4 address in a unusual spelling, such as 2130706433, 0x7f.1 or 0177.0.0.1."""
    try:
        socket.inet_aton(host)
    except OSError:
        return False
    return True
