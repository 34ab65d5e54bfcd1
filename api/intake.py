"""Intake: the connections of one web process that have not signed in, bounded in all and per address.

Everything that connects is counted: requests, and sockets until they have shown who they are. What has signed in is
counted by `api.gateway.sockets` instead.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from starlette.requests import HTTPConnection

from pipeline.egress.addresses import is_in
from pipeline.settings import Settings
from pipeline.settings.network import Network

log = logging.getLogger(__name__)

SAID_AGAIN_SECONDS = 60.0
"""After which a refusal is told in the log again: whoever is refused may try a thousand times a second."""
PLACE = "darkroom_place"
"""Where a request's scope has its connection's place, in its `state`."""


class Intake:
    """The open connections. One is used on one loop."""

    def __init__(self, settings: Settings) -> None:
        self.header_seconds = settings.header_seconds
        self.stall_seconds = settings.stall_seconds
        self._most = settings.max_connections
        self._addresses = AddressCap(settings.max_per_address, settings.proxies)
        self._open: set[Place] = set()
        self._waiting: dict[Place, None] = {}
        """Those that have brought no whole request yet, or none since the last one; the oldest first."""
        self._said_at = float("-inf")

    def __len__(self) -> int:
        return len(self._open)

    def enter(self, address: str | None, end: Callable[[], None]) -> "Place | None":
        """A place for a connection from `address`; None when there is none for it.

        When all are taken, the oldest connection that has brought no request is ended for it, by its `end`: so those
        that connect and say nothing keep nobody out.
        """
        if self._addresses.is_full(address):
            self._say(
                f"{address} has all the connections that one address may have (DARKROOM_MAX_PER_ADDRESS); if it is a "
                "proxy, name it in DARKROOM_PROXIES"
            )
            return None
        if len(self._open) >= self._most and not self._end_oldest():
            self._say(f"{self._most:,} requests are being answered, and no more are taken (DARKROOM_MAX_CONNECTIONS)")
            return None
        self._addresses.take(address)
        place = Place(self, address, end)
        self._open.add(place)
        self._waiting[place] = None
        return place

    def _say(self, refusal: str) -> None:
        now = time.monotonic()
        if now - self._said_at >= SAID_AGAIN_SECONDS:
            self._said_at = now
            log.warning("%s", refusal)

    def _end_oldest(self) -> bool:
        oldest = next(iter(self._waiting), None)
        if oldest is None:
            return False
        oldest.leave()
        oldest.end()
        return True

    def set_waiting(self, place: "Place", waiting: bool) -> None:
        """Whether a connection has brought a request that is not answered yet."""
        if not waiting:
            self._waiting.pop(place, None)
        elif place in self._open:
            self._waiting[place] = None

    def part(self, place: "Place") -> None:
        """It is closed, or has signed in. Harmless when repeated."""
        if place in self._open:
            self._open.remove(place)
            self._waiting.pop(place, None)
            self._addresses.give_back(place.address)


class Place:
    """One connection's place."""

    __slots__ = ("_intake", "address", "end")

    def __init__(self, intake: Intake, address: str | None, end: Callable[[], None]) -> None:
        self._intake = intake
        self.address = address
        self.end = end

    def set_waiting(self, waiting: bool) -> None:
        """See Intake."""
        self._intake.set_waiting(self, waiting)

    def leave(self) -> None:
        """It is counted no more: it is closed, or has signed in. Harmless when repeated."""
        self._intake.part(self)


def address_of(connection: HTTPConnection[Any]) -> str | None:
    """A client's address, as a proxy that is trusted tells it (uvicorn's FORWARDED_ALLOW_IPS)."""
    return connection.client.host if connection.client else None


class AddressCap:
    """How many there are from each address, at most `most`; 0: any number."""

    def __init__(self, most: int, shared: tuple[Network, ...]) -> None:
        self._most = most
        self._shared = shared
        """Networks of proxies, behind whose addresses many clients stand: these are not counted."""
        self._counts: Counter[str] = Counter()

    def is_full(self, address: str | None) -> bool:
        """Whether there may be no more from `address`."""
        return bool(self._most) and address is not None and self._counts.get(address, 0) >= self._most

    def take(self, address: str | None) -> None:
        """There is one more."""
        if address is not None and not self._is_shared(address):
            self._counts[address] += 1

    def give_back(self, address: str | None) -> None:
        """There is one less."""
        if address is not None and address in self._counts:
            self._counts[address] -= 1
            if not self._counts[address]:
                del self._counts[address]

    def _is_shared(self, address: str) -> bool:
        try:
            return is_in(ip_address(address), self._shared)
        except ValueError:
            # What a proxy writes need not be an address: it is one client's name all the same.
            return False
