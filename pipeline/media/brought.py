"""Brought outputs: fetched from addresses that an external worker has named, so every one is looked at first."""

import asyncio
from typing import Final

import aiohttp
from yarl import URL

from pipeline.egress import Guard
from pipeline.errors import EgressRefused, EgressUnreachable, OutputBroken, OutputRefused, OutputUnreachable
from pipeline.media.download import MAX_REDIRECTS, body_of
from pipeline.media.picture import MAX_BYTES

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


async def fetch_brought(guard: Guard, url: str, *, max_bytes: int = MAX_BYTES, timeout: float = 30.0) -> bytes:
    """The bytes at `url`, at most `max_bytes` of them, within `timeout` seconds in all.

    As `pipeline.media.download.download`, but only where `guard` lets it, each redirect like the first address; what it
    does not let through raises OutputRefused.
    """
    try:
        async with asyncio.timeout(timeout):
            for _ in range(1 + MAX_REDIRECTS):
                # identity: pictures are compressed already, and lengths then mean what they say.
                headers = {"Accept-Encoding": "identity"}
                unhurried = aiohttp.ClientTimeout(total=None)
                async with guard.request("GET", url, headers=headers, timeout=unhurried) as answer:
                    if answer.status not in REDIRECTS:
                        return await body_of(answer, max_bytes)
                    url = _next(answer)
    except TimeoutError as error:
        raise OutputUnreachable(f"The output's host did not deliver within {timeout:g} s.") from error
    except EgressRefused as error:
        raise OutputRefused(f"The output's address {error}.") from error
    except EgressUnreachable as error:
        raise OutputUnreachable(f"The output's host {error}.") from error
    raise OutputBroken(f"The output's address redirects more than {MAX_REDIRECTS} times.")


def _next(answer: aiohttp.ClientResponse) -> str:
    try:
        return str(answer.url.join(URL(answer.headers["Location"])))
    except (KeyError, ValueError) as error:
        raise OutputBroken(f"The output's host {answer.url.host} redirects to nowhere.") from error
