"""One try: the request to the receiver, within a time, and no more of the answer than is worth keeping."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

import aiohttp

from pipeline.egress import Guard
from pipeline.errors import EgressError
from pipeline.retry_after import of_header
from pipeline.webhooks.schedule import Reply

KEPT_BYTES = 500
"""Of an answer's body; the rest is not read."""
READ_SECONDS = 1.0
"""For that beginning. The status has decided by then, and nobody waits for a body without an end."""
LONGEST_ERROR = 300


async def post(guard: Guard, url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> Reply:
    """POST `body` to `url` through the guard. What goes wrong is a Reply too, without a status.

    `timeout` in seconds is for everything up to the status: resolving, connecting, sending, waiting.
    """
    loop = asyncio.get_running_loop()
    begun = loop.time()
    try:
        async with (
            asyncio.timeout(timeout) as clock,
            guard.request(
                "POST",
                url,
                data=body,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=None),
                # A small answer could unpack to a large one.
                auto_decompress=False,
            ) as answer,
        ):
            clock.reschedule(None)
            return Reply(
                answer.status,
                f"it redirects to {_where(answer)}, which is not followed" if 300 <= answer.status < 400 else None,
                of_header(answer.headers.get("Retry-After"), datetime.now(UTC)),
                await _beginning(answer),
                loop.time() - begun,
            )
    except TimeoutError:
        error = f"no answer within {timeout:g} s"
    except EgressError as refused:
        error = str(refused)[:LONGEST_ERROR]
    return Reply(None, error, seconds=loop.time() - begun)


async def _beginning(answer: aiohttp.ClientResponse) -> str:
    data = bytearray()
    with suppress(TimeoutError, aiohttp.ClientError, OSError):
        async with asyncio.timeout(READ_SECONDS):
            while len(data) < KEPT_BYTES and (chunk := await answer.content.read(KEPT_BYTES - len(data))):
                data += chunk
    return _storable(data.decode(errors="replace"))


def _where(answer: aiohttp.ClientResponse) -> str:
    return _storable(answer.headers.get("Location", "nowhere")[:LONGEST_ERROR])


def _storable(text: str) -> str:
    """The text without what Postgres keeps in none: NUL, and the halves of characters that headers may hold."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()
