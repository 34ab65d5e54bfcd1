"""Jobs that are enqueued by SQL into a Darkroom at work."""

import asyncio
from uuid import UUID

import asyncpg

from pipeline.notices import CHANNEL
from tests.darkroom import Darkroom

PATIENCE = 30.0


async def standing_in_line(darkroom: Darkroom, sql: str, *arguments: object) -> UUID:
    """The job that `sql` enqueues, once the clock has read and queued it: told by the notice of its second version."""
    psql, hints = await asyncpg.connect(darkroom.database_url), asyncio.Queue[str]()
    try:
        await psql.add_listener(CHANNEL, lambda *notification: hints.put_nowait(str(notification[-1])))
        job: UUID = await psql.fetchval(sql, *arguments)
        async with asyncio.timeout(PATIENCE):
            while f'["{job}",2,' not in await hints.get():
                continue
    finally:
        await psql.close()
    return job
