"""After the load: waits until everything has ended, as it must by itself."""

import asyncio
from collections.abc import Awaitable, Callable

from proof.plain_connection import AWAY
from proof.torture.darkroom import Darkroom
from proof.torture.rows import Rows

SWEPT_SECONDS = 40.0
"""An orphan's age, and some sweeps."""
LOOK_SECONDS = 0.3


async def settle(darkroom: Darkroom) -> float:
    """Wait until no row is unfinished, none has a clock, and no prediction runs; the seconds it took.

    Not for ever: what has not ended by `settle_seconds` is for the audit to find.
    """
    rows = Rows(darkroom.database_url)

    async def settled() -> bool:
        return not await rows.ticking() and not any(one.completed_at is None for one in darkroom.ledger())

    return await _until(settled, darkroom.options.settle_seconds)


async def swept(darkroom: Darkroom) -> float:
    """Wait until the store holds nothing that no row refers to; the seconds it took, or the limit."""
    rows = Rows(darkroom.database_url)

    async def clean() -> bool:
        known = {image.storage_path for image in await rows.images()}
        return stored(darkroom) <= known

    return await _until(clean, SWEPT_SECONDS)


def stored(darkroom: Darkroom) -> set[str]:
    """The keys of every object in the store, found by walking its directory."""
    root = darkroom.home / "pictures"
    files = (path for path in root.rglob("*") if path.is_file())
    keys = (path.relative_to(root) for path in files)
    return {str(key) for key in keys if not key.parts[0].startswith(".")}


async def _until(holds: Callable[[], Awaitable[bool]], limit: float) -> float:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    while (passed := loop.time() - begun) < limit:
        try:
            if await holds():
                return passed
        except AWAY:
            # It was killed last; it is coming.
            pass
        await asyncio.sleep(LOOK_SECONDS)
    return limit
