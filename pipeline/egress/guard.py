"""The guard: looks where an address leads before anything is sent there, and sends it there and nowhere else."""

import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import aiohttp
from yarl import URL

from pipeline.egress.addresses import Address, is_in, is_public, literal
from pipeline.egress.pinned import Pinned, pinned_session
from pipeline.egress.resolver import NOT_PUBLIC, Resolver
from pipeline.egress.web_address import read_address
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

    def check(self, url: str | URL) -> None:
        """Raise EgressRefused for what can be told without asking a name server."""
        address = self.parse(url)
        assert address.host is not None
        if (found := literal(address.host)) is not None:
            self._check_address(address.scheme, address.host, found)
        elif address.scheme != "https" and not self._allowed:
            raise EgressRefused("must be an https address")

    async def pin(self, url: str | URL) -> Pinned:
        """The addresses that a request for `url` may go to, looked at. Raises EgressRefused or EgressUnreachable."""
        address = self.parse(url)
        assert address.host is not None
        assert address.port is not None
        return Pinned(address, tuple(await self.resolve(address.scheme, address.host, address.port)))

    async def resolve(self, scheme: str, host: str, port: int) -> Sequence[Address]:
        """The addresses that a connection to a host may go to, looked at. Raises EgressRefused or EgressUnreachable."""
        found = literal(host)
        addresses = [found] if found else await self._resolve(host, port)
        for one in addresses:
            self._check_address(scheme, host, one)
        return addresses

    @asynccontextmanager
    async def request(self, method: str, url: str | URL, **options: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        """One request, as aiohttp makes it with these options, while the context lasts. No redirect is followed.

        Raises EgressRefused or EgressUnreachable, also for what goes wrong while the answer is read. The caller sets
        the time.
        """
        pinned = await self.pin(url)
        host = pinned.url.host
        with explained(str(host)):
            async with (
                pinned_session(pinned) as session,
                session.request(method, pinned.url, allow_redirects=False, **options) as answer,
            ):
                yield answer

    @staticmethod
    def parse(url: str | URL) -> URL:
        """The address in `url`. Raises EgressRefused when it is none that a request could go to."""
        try:
            address = url if isinstance(url, URL) else read_address(url)
            host, port = address.host, address.port
        except ValueError as error:
            raise EgressRefused("cannot be read as an address") from error
        if address.scheme not in ("http", "https") or not host or not port:
            raise EgressRefused("must be an https address")
        if address.user is not None or address.password is not None:
            raise EgressRefused("must not hold a user name or a password")
        if literal(host) is None and (":" in host or _is_odd_number(host.rstrip("."))):
            raise EgressRefused(f"{host} is no usual way to write an address")
        return address

    def _check_address(self, scheme: str, host: str, address: Address) -> None:
        if is_in(address, self._allowed):
            return
        if not is_public(address):
            # Where the name leads is nothing for whoever asked: it may tell of the network inside.
            log.info("egress to %s refused: it leads to %s", host, address)
            raise EgressRefused(NOT_PUBLIC.format(host))
        if scheme != "https":
            raise EgressRefused("must be an https address")


@contextmanager
def explained(host: str) -> Iterator[None]:
    """Turn what aiohttp raises while it asks `host` into EgressRefused or EgressUnreachable."""
    try:
        yield
    except aiohttp.ClientConnectorCertificateError as error:
        raise EgressRefused(f"{host} shows no certificate that can be trusted") from error
    except aiohttp.InvalidURL as error:
        raise EgressRefused("cannot be read as an address") from error
    except (aiohttp.ClientError, OSError) as error:
        raise EgressUnreachable(f"{host} cannot be reached ({type(error).__name__})") from error


def _is_odd_number(host: str) -> bool:
    """Whether it is an IPv4 address in a unusual spelling, such as 2130706433, 0x7f.1 or 0177.0.0.1."""
    try:
        socket.inet_aton(host)
    except OSError:
        return False
    return True
