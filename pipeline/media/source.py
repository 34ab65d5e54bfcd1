"""The source picture of an image-to-image request: fetched through the guard, looked at, made small enough to send."""

import asyncio
import base64
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Final

import aiohttp
from PIL import Image, ImageOps
from yarl import URL

from pipeline.egress import Guard
from pipeline.egress.web_address import REDIRECTS, next_address
from pipeline.errors import EgressRefused, EgressUnreachable, OutputBroken, SourceRefused, SourceUnreachable
from pipeline.media.picture import examine

MAX_BYTES: Final = 10 * 2**20
"""Of a source as it is fetched."""
MAX_PIXELS: Final = 40_000_000
"""Of a source that has to be made smaller, for which it is decoded: some 160 MB."""
MAX_SENT_BYTES: Final = 256 * 1024
"""What goes into a data: address as it is; larger ones are made smaller. Source: Replicate's guide to input files."""
MAX_REDIRECTS: Final = 3
KINDS: Final = frozenset({"png", "jpeg", "webp", "gif"})
"""What every model reads."""

_SIDES: Final = (2048, 1536, 1024, 768, 512)
"""Pixels of the longer side to try, one after the other; the last one is always small enough."""
_QUALITY: Final = 85
# "Not now" rather than "not this": request timeout, too early, too many requests (RFC 9110, 8470, 6585).
_LATER: Final = frozenset({408, 425, 429})
_SHRINKING = ThreadPoolExecutor(1, "shrink")
"""One at a time: each may take 160 MB and a whole core."""
_CHUNK: Final = 64 * 1024


async def fetch_source(guard: Guard, url: str, timeout: float) -> str:
    """The picture at `url` as a data: address, within `timeout` seconds in all.

    Follows up to three redirects, each looked at like the first address. Raises SourceRefused, with a reason for
    people, for what another try would not mend; SourceUnreachable for what it might.
    """
    try:
        async with asyncio.timeout(timeout):
            data = await _fetch(guard, url)
            return await _as_data_uri(data)
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


async def _as_data_uri(data: bytes) -> str:
    try:
        picture = examine(data, subject="it")
    except OutputBroken as error:
        raise SourceRefused(str(error).removesuffix(".")) from error
    if picture.format not in KINDS:
        raise SourceRefused(f"it is a {picture.format.upper()} picture; {', '.join(sorted(KINDS))} are taken")
    kind = picture.content_type
    if len(data) > MAX_SENT_BYTES:
        if picture.width * picture.height > MAX_PIXELS:
            size = f"{picture.width} × {picture.height} pixels"
            raise SourceRefused(
                f"it has {size}; at most {MAX_PIXELS:,} are taken of a file over {MAX_SENT_BYTES:,} bytes"
            )
        data = await asyncio.get_running_loop().run_in_executor(_SHRINKING, _made_smaller, data)
        kind = "image/webp"
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _made_smaller(data: bytes) -> bytes:
    """The picture in at most MAX_SENT_BYTES of WebP, upright, as large as fits. Blocks for up to a second."""
    try:
        with Image.open(BytesIO(data)) as opened:
            opened.draft("RGB", (_SIDES[0], _SIDES[0]))  # a JPEG need not be decoded in its full size
            picture = ImageOps.exif_transpose(opened)
            picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    except (OSError, ValueError, SyntaxError) as error:
        raise SourceRefused("it is damaged") from error
    smaller = b""
    for side in _SIDES:
        picture.thumbnail((side, side), Image.Resampling.LANCZOS)
        file = BytesIO()
        picture.save(file, "WEBP", quality=_QUALITY)
        smaller = file.getvalue()
        if len(smaller) <= MAX_SENT_BYTES:
            break
    return smaller
