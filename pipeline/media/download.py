"""Fetches an output from the address the provider gave, within limits of size, time and redirects."""

import asyncio
import re
from collections.abc import Mapping
from typing import Final

import aiohttp
from yarl import URL

from pipeline.errors import OutputBroken, OutputGone, OutputUnreachable
from pipeline.media.data_uri import decode_data_uri
from pipeline.media.picture import MAX_BYTES

MAX_REDIRECTS: Final = 3
_PRINTABLE = re.compile(r"[!-~]+")
# "Not now" rather than "not this": request timeout, too early, too many requests (RFC 9110, 8470, 6585).
_LATER: Final = frozenset({408, 425, 429})


async def download(
    session: aiohttp.ClientSession,
    url: str,
    *,
    max_bytes: int = MAX_BYTES,
    timeout: float = 30.0,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """The bytes at an http(s) or data: `url`, at most `max_bytes` of them, within `timeout` seconds in all.

    Follows up to three redirects, to http and https only; which networks may be reached is the session's
    business. Messages name the host and never the path, which may carry a signature.

    Raises OutputGone (404, 410), OutputUnreachable (no connection, 5xx, 429, too slow, cut off: worth another
    try), OutputBroken (any other answer, too many bytes or redirects, no such scheme).
    """
    if url[:5].lower() == "data:":
        # Up to 100 ms of work for the largest: off the loop.
        return await asyncio.to_thread(decode_data_uri, url, max_bytes)
    address = _parsed(url)
    host = f"The output's host {address.host}"
    try:
        async with asyncio.timeout(timeout):
            return await _fetch(session, address, max_bytes, headers)
    except TimeoutError as error:
        raise OutputUnreachable(f"{host} did not deliver within {timeout:g} s.") from error
    except aiohttp.TooManyRedirects as error:
        raise OutputBroken(f"{host} redirects more than {MAX_REDIRECTS} times.") from error
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
        raise OutputBroken(f"{host} redirects to something that is no http address.") from error
    except aiohttp.ClientPayloadError as error:
        raise OutputUnreachable(f"{host} cut the output off.") from error
    except (aiohttp.ClientError, OSError) as error:
        raise OutputUnreachable(f"{host} cannot be reached ({type(error).__name__}).") from error


def _parsed(url: str) -> URL:
    try:
        # A signed address must be sent as it was signed: no requoting when it is one already.
        address = URL(url, encoded=_PRINTABLE.fullmatch(url) is not None)
        host = address.host
    except ValueError as error:
        raise OutputBroken("The output's address cannot be read.") from error
    if address.scheme not in ("http", "https") or not host:
        raise OutputBroken(f"The output's address begins with {url.partition(':')[0][:20]!r}, not with http.")
    return address


async def _fetch(
    session: aiohttp.ClientSession, address: URL, max_bytes: int, headers: Mapping[str, str] | None
) -> bytes:
    # identity: pictures are compressed already, and lengths then mean what they say.
    wanted = {"Accept-Encoding": "identity", **(headers or {})}
    async with session.get(
        address,
        headers=wanted,
        max_redirects=MAX_REDIRECTS + 1,  # aiohttp counts the answer at which it gives up
        timeout=aiohttp.ClientTimeout(total=None),
    ) as response:
        return await body_of(response, max_bytes)


async def body_of(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    """The bytes of an answer that brings an output. Raises as `download` does for its status and its size."""
    _check_status(response)
    if (response.content_length or 0) > max_bytes:
        raise OutputBroken(f"The output has {response.content_length:,} bytes; at most {max_bytes:,} are kept.")
    chunks, received = [], 0
    # A body shorter than its Content-Length ends in ClientPayloadError.
    async for chunk in response.content.iter_any():
        received += len(chunk)
        if received > max_bytes:
            raise OutputBroken(f"The output has more than {max_bytes:,} bytes; that is the limit.")
        chunks.append(chunk)
    return b"".join(chunks)


def _check_status(response: aiohttp.ClientResponse) -> None:
    """Raise what the status means, unless it is 200."""
    status, host = response.status, response.url.host
    if status in (404, 410):
        raise OutputGone(f"The output is no longer at {host} ({status}): it has expired.")
    if status >= 500 or status in _LATER:
        raise OutputUnreachable(f"The output's host {host} answered {status}.")
    if status != 200:
        raise OutputBroken(f"The output's host {host} refused it with {status}.")
