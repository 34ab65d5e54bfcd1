"""The machine's own name servers, asked for one name once at a time."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from pipeline.egress.addresses import Address, literal
from pipeline.errors import EgressRefused, EgressUnreachable

_RESOLVERS = ThreadPoolExecutor(16, "resolve")
"""Threads of their own: a name server that sleeps must hold up nobody but others who name hosts."""
NOT_PUBLIC = "{} is not on the public internet"
"""Said of names that lead inside and of names that nobody has: which of them exist is not for strangers to learn."""
_NOT_THERE = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


class Resolver:
    """Finds the addresses of hosts. One is used on one loop.

    Who asks for a name that is just being asked for shares the answer: one whose name server sleeps holds one thread,
    however many deliveries wait for it.
    """

    def __init__(self) -> None:
        self._asking: dict[tuple[str, int], asyncio.Future[list[Any]]] = {}

    async def __call__(self, host: str, port: int) -> list[Address]:
        """All addresses of a host. Raises EgressRefused when there is none, EgressUnreachable when nobody can say."""
        try:
            # A question goes on when this one who asked it has gone: the others wait for it.
            found = await asyncio.shield(self._asked(host, port))
        except socket.gaierror as error:
            if error.errno in _NOT_THERE:
                raise EgressRefused(NOT_PUBLIC.format(host)) from error
            raise EgressUnreachable(f"{host} cannot be resolved now") from error
        except UnicodeError as error:
            raise EgressRefused(f"{host[:80]!r} cannot be the name of a host") from error
        # A link-local address comes with its zone behind a "%".
        addresses = [literal(str(info[4][0]).partition("%")[0]) for info in found]
        return [address for address in dict.fromkeys(addresses) if address is not None]

    def _asked(self, host: str, port: int) -> asyncio.Future[list[Any]]:
        if (asking := self._asking.get((host, port))) is None:
            ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
            asking = self._asking[host, port] = asyncio.get_running_loop().run_in_executor(_RESOLVERS, ask)
            asking.add_done_callback(partial(self._answered, (host, port)))
        return asking

    def _answered(self, name: tuple[str, int], asked: asyncio.Future[list[Any]]) -> None:
        del self._asking[name]
        if not asked.cancelled():
            asked.exception()  # looked at, also when nobody waits for it any more
