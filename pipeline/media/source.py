"""The source picture of an image-to-image request: fetched through the guard, looked at, made small enough to send."""

import asyncio
import base64
from typing import Final

import aiohttp
from yarl import URL

from pipeline.egress import Guard
from pipeline.egress.web_address import REDIRECTS, next_address
from pipeline.errors import (
    EgressRefused,
    EgressUnreachable,
    OutputBroken,
    OutputUnreachable,
    SourceRefused,
    SourceUnreachable,
)
from pipeline.media.inspection import InspectionPool
from pipeline.media.inspection.limits import MAX_DECODED_PIXELS, MAX_SENT_BYTES

MAX_BYTES: Final = 10 * 2**20
"""Of a source as it is fetched."""
MAX_REDIRECTS: Final = 3
KINDS: Final = frozenset({"png", "jpeg", "webp", "gif"})
"""What every model reads."""

# "Not now" rather than "not this": request timeout, too early, too many requests (RFC 9110, 8470, 6585).
_LATER: Final = frozenset({408, 425, 429})
_CHUNK: Final = 64 * 1024


async def fetch_source(guard: Guard, inspections: InspectionPool, url: str, timeout: float) -> str:
    """The picture at `url` as a data: address, within `timeout` seconds in all.

    Follows up to three redirects, each looked at like the first address. Raises SourceRefused, with a reason for
    people, for what another try would not mend; SourceUnreachable for what it might.
    """
    try:
        async with asyncio.timeout(timeout):
            data = await _fetch(guard, url)
            return await _as_data_uri(inspections, data)
    except TimeoutError as error:
        raise SourceUnreachable(f"its host did not deliver it within {timeout:g} s") from error
    except EgressRefused as error:
        raise SourceRefused(str(error)) from error
    except EgressUnreachable as error:
        raise SourceUnreachable(str(error)) from error


async def _fetch(guard: Guard, url: str | URL) -> bytes:
    for _ in range(1 + MAX_REDIRECTS):
        # identity: pictures are compressed already, and lengths then mean what they say.
        headers = {"Accept": "image/*", "Accept-Encoding": "identity"}
        async with guard.request("GET", url, headers=headers, timeout=aiohttp.ClientTimeout(total=None)) as answer:
            if answer.status not in REDIRECTS:
                return await _body(answer)
            url = _next(answer)
    raise SourceRefused(f"its address redirects more than {MAX_REDIRECTS} times")


def _next(answer: aiohttp.ClientResponse) -> URL:
    try:
        return next_address(answer)
    except ValueError as error:
        raise SourceRefused(f"{answer.url.host} redirects to nowhere") from error


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    host, status = answer.url.host, answer.status
    if status >= 500 or status in _LATER:
        raise SourceUnreachable(f"{host} answered {status}")
    if status != 200:
        raise SourceRefused(f"{host} answered {status}")
    if (answer.content_length or 0) > MAX_BYTES:
        raise SourceRefused(f"it has {answer.content_length:,} bytes; at most {MAX_BYTES:,} are taken")
    data = bytearray()
    async for chunk in answer.content.iter_chunked(_CHUNK):
        data += chunk
        if len(data) > MAX_BYTES:
            raise SourceRefused(f"it has more than {MAX_BYTES:,} bytes; that is the limit")
    return bytes(data)


async def _as_data_uri(inspections: InspectionPool, data: bytes) -> str:
    try:
        picture, _ = await inspections.examine(data, subject="it")
        if picture.format not in KINDS:
            raise SourceRefused(f"it is a {picture.format.upper()} picture; {', '.join(sorted(KINDS))} are taken")
        kind = picture.content_type
        if len(data) > MAX_SENT_BYTES:
            if picture.width * picture.height > MAX_DECODED_PIXELS:
                size = f"{picture.width} × {picture.height} pixels"
                raise SourceRefused(
                    f"it has {size}; at most {MAX_DECODED_PIXELS:,} are taken of a file over {MAX_SENT_BYTES:,} bytes"
                )
            data = await inspections.shrink(data, subject="it")
            kind = "image/webp"
    except OutputUnreachable as error:
        raise SourceUnreachable(str(error).removesuffix(".")) from error
    except OutputBroken as error:
        raise SourceRefused(str(error).removesuffix(".")) from error
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
