"""Saving a picture to a file."""

import asyncio
import contextlib
from pathlib import Path

import aiohttp
from yarl import URL

from api.client.address import Address
from api.client.problem import Problem, reason

CHUNK = 1 << 18
"""Bytes written at once."""
PATIENCE = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=30)
"""Seconds of silence; a large picture over a slow line may take as long as it likes."""


async def download(session: aiohttp.ClientSession, address: Address, url: URL, path: Path) -> int:
    """Stream `url` into `path` by way of a file beside it, so that a broken download leaves nothing half.

    Sends no key: pictures are public, and may lie with another host. Gives the number of bytes. Raises
    Problem, Unreachable, and OSError when the file cannot be written.
    """
    partial = path.with_name(f".{path.name}.part")
    size = 0
    try:
        async with session.get(url, timeout=PATIENCE) as response:
            if response.status != 200:
                raise Problem(response.status, reason(response.status), f"the picture at {url} cannot be read")
            file = await asyncio.to_thread(partial.open, "wb")
            with contextlib.closing(file):
                async for chunk in response.content.iter_chunked(CHUNK):
                    size += await asyncio.to_thread(file.write, chunk)
        partial.replace(path)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise address.unreachable(error) from error
    finally:
        partial.unlink(missing_ok=True)
    return size
