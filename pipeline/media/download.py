"""Fetches an output from the address the provider gave, within limits of place, size, time and redirects."""

import asyncio
import math
import re
from typing import Final

import aiohttp
from yarl import URL

from pipeline.byte_budget import Account
from pipeline.egress.pool import Pool
from pipeline.egress.web_address import REDIRECTS, next_address, read_address
from pipeline.errors import (
    EgressRefused,
    EgressUnreachable,
    OutputBroken,
    OutputForbidden,
    OutputGone,
    OutputRefused,
    OutputUnreachable,
)
from pipeline.media.data_uri import decode_data_uri
from pipeline.media.picture import MAX_BYTES

MAX_REDIRECTS: Final = 3
PACE_SECONDS: Final = 10.0
SLOWEST: Final = 4 * 1024
"""Bytes a second, counted over PACE_SECONDS: what drips holds a place and memory, and would not be done in time."""

# "Not now" rather than "not this": request timeout, too early, too many requests (RFC 9110, 8470, 6585).
_LATER: Final = frozenset({408, 425, 429})
# What signed addresses are answered with once their time is up. S3, R2 and CloudFront say 403, Google's storage 400,
# Azure's 403, others 401; and whoever has deleted the object may say 403 rather than tell that it is not there.
_SIGNED: Final = frozenset({400, 401, 403})
_EXPIRED: Final = re.compile(
    rb"expired|not valid in the specified time frame|se\s+query parameter.{0,80}past", re.IGNORECASE
)
_BEGINNING: Final = 2_048
"""Bytes of such an answer that are read for its reason."""


async def download(
    pool: Pool,
    url: str,
    *,
    account: Account | None = None,
    own: URL | None = None,
    max_bytes: int = MAX_BYTES,
    timeout: float = 30.0,
    pace_seconds: float = PACE_SECONDS,
) -> bytes:
    """The bytes at an http(s) or data: `url`, at most `max_bytes` of them, within `timeout` seconds in all.

    Follows up to three redirects. Each address is looked at by the pool's guard, but for those at `own`, the address of
    the provider that the output was bought from. What is read is held by `account`, whose waiting is not counted into
    the time. Messages name the host and never the path, which may carry a signature.

    Raises OutputGone (404, 410, an expired signature), OutputForbidden (403, which may mean that), OutputUnreachable
    (no connection, 5xx, 429, too slow, cut off: worth another try), OutputRefused (an address that nobody may ask),
    OutputBroken (any other answer, too many bytes or redirects, no such scheme).
    """
    if url[:5].lower() == "data:":
        if account is not None:
            await account.take(len(url))
        # Up to 100 ms of work for the largest: off the loop.
        return await asyncio.to_thread(decode_data_uri, url, max_bytes)
    address = _parsed(url)
    host = f"The output's host {address.host}"
    try:
        async with asyncio.timeout(timeout) as clock:
            body = _Body(max_bytes, account, clock, pace_seconds)
            return await _fetch(pool, address, own, body)
    except TimeoutError as error:
        if body.is_too_slow:
            raise OutputUnreachable(f"{host} sent next to nothing for {pace_seconds:g} s.") from error
        raise OutputUnreachable(f"{host} did not deliver within {timeout:g} s.") from error
    except EgressRefused as error:
        raise OutputRefused(f"The output's address {error}.") from error
    except EgressUnreachable as error:
        if isinstance(error.__cause__, aiohttp.ClientPayloadError):
            raise OutputUnreachable(f"{host} cut the output off.") from error
        raise OutputUnreachable(f"The output's host {error}.") from error


def _parsed(url: str) -> URL:
    try:
        address = read_address(url)
        host = address.host
    except ValueError as error:
        raise OutputBroken("The output's address cannot be read.") from error
    if address.scheme not in ("http", "https") or not host:
        raise OutputBroken(f"The output's address begins with {url.partition(':')[0][:20]!r}, not with http.")
    return address


async def _fetch(pool: Pool, address: URL, own: URL | None, body: "_Body") -> bytes:
    first = address.host
    for _ in range(1 + MAX_REDIRECTS):
        # identity: pictures are compressed already, and lengths then mean what they say.
        headers = {"Accept-Encoding": "identity"}
        unhurried = aiohttp.ClientTimeout(total=None)
        async with pool.get(address, own=own, headers=headers, timeout=unhurried) as answer:
            if answer.status not in REDIRECTS or "Location" not in answer.headers:
                await _check_status(answer)
                return await body.read(answer)
            address = _next(answer)
    raise OutputBroken(f"The output's host {first} redirects more than {MAX_REDIRECTS} times.")


def _next(answer: aiohttp.ClientResponse) -> URL:
    try:
        address = next_address(answer)
    except ValueError as error:
        raise OutputBroken(f"The output's host {answer.url.host} redirects to no http address.") from error
    if address.scheme not in ("http", "https"):
        raise OutputBroken(f"The output's host {answer.url.host} redirects to no http address.")
    return address


class _Body:
    """Reads an answer's body within its limits. The `clock` runs until all is there, or sooner when it drips."""

    def __init__(self, max_bytes: int, account: Account | None, clock: asyncio.Timeout, pace_seconds: float) -> None:
        self._max_bytes = max_bytes
        self._account = account
        self._clock = clock
        self._end = clock.when() or math.inf
        self._pace_seconds = pace_seconds
        self._loop = asyncio.get_running_loop()
        self._window = 0
        """Bytes since the clock was last set."""

    @property
    def is_too_slow(self) -> bool:
        """Whether the clock has ended, or would end, for its pace."""
        return (self._clock.when() or math.inf) < self._end

    async def read(self, answer: aiohttp.ClientResponse) -> bytes:
        """All of it. A body shorter than its Content-Length ends in ClientPayloadError."""
        if (answer.content_length or 0) > self._max_bytes:
            raise OutputBroken(f"The output has {answer.content_length:,} bytes; at most {self._max_bytes:,} are kept.")
        chunks, received = [], 0
        self._begin_window()
        async for chunk in answer.content.iter_any():
            received += len(chunk)
            if received > self._max_bytes:
                raise OutputBroken(f"The output has more than {self._max_bytes:,} bytes; that is the limit.")
            chunks.append(chunk)
            await self._account_for(len(chunk))
        return b"".join(chunks)

    async def _account_for(self, size: int) -> None:
        if self._account is not None and not self._account.take_now(size):
            # While it is we who do not read, no clock runs.
            begun = self._loop.time()
            self._clock.reschedule(None)
            await self._account.take(size)
            self._end += self._loop.time() - begun
            self._begin_window()
        self._window += size
        if self._window >= SLOWEST * self._pace_seconds:
            self._begin_window()

    def _begin_window(self) -> None:
        self._window = 0
        self._clock.reschedule(min(self._end, self._loop.time() + self._pace_seconds))


async def _check_status(answer: aiohttp.ClientResponse) -> None:
    """Raise what the status means, unless it is 200."""
    status, host = answer.status, answer.url.host
    if status in (404, 410):
        raise OutputGone(f"The output is no longer at {host} ({status}): it has expired.")
    if status >= 500 or status in _LATER:
        raise OutputUnreachable(f"The output's host {host} answered {status}.")
    if status in _SIGNED and _EXPIRED.search(await _beginning(answer)):
        raise OutputGone(f"The output's address at {host} has expired ({status}).")
    if status == 403:
        raise OutputForbidden(f"The output's host {host} refused it with 403; its address may have expired.")
    if status != 200:
        raise OutputBroken(f"The output's host {host} refused it with {status}.")


async def _beginning(answer: aiohttp.ClientResponse) -> bytes:
    data = bytearray()
    while len(data) < _BEGINNING and (chunk := await answer.content.read(_BEGINNING - len(data))):
        data += chunk
    return bytes(data)
