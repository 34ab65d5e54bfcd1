"""Kills of what Darkroom stands on: Valkey's memory, Postgres, and web's LISTEN in it."""

import asyncio
import os
from random import Random
from shutil import rmtree
from signal import SIGKILL, SIGQUIT

from redis.asyncio import Redis

from proof.plain_connection import AWAY
from proof.torture.darkroom import Darkroom
from proof.torture.rows import Rows

# The gateway's keepalive is the only other thing that connection ever says, and nobody else says it.
_LISTENERS = """
    SELECT pid FROM pg_stat_activity
    WHERE application_name = 'darkroom' AND pid <> pg_backend_pid() AND (query ILIKE 'LISTEN %' OR query = 'SELECT 1')
"""
_END = f"SELECT pid, pg_terminate_backend(pid) AS ended FROM ({_LISTENERS}) AS listening"
LISTENS_WITHIN_SECONDS = 30.0
LOOK_SECONDS = 0.1


async def flush_valkey(darkroom: Darkroom, _dice: Random) -> None:
    """Have Valkey forget everything it holds."""
    client = Redis.from_url(darkroom.redis_url, socket_timeout=5)
    try:
        await client.flushall()
    finally:
        await client.aclose()


async def lose_valkey(darkroom: Darkroom, _dice: Random) -> None:
    """Kill Valkey, and take its data away before it is started again."""
    pid = await darkroom.running("valkey")
    data = darkroom.home / "valkey"
    aside = darkroom.home / f"valkey-lost-{pid}"
    # Moved first: its open files go with it, and what starts next finds nothing, however soon it starts.
    for entry in [*data.iterdir()]:
        aside.mkdir(exist_ok=True)
        entry.rename(aside / entry.name)
    os.kill(pid, SIGKILL)
    await darkroom.running("valkey", besides=pid)
    await asyncio.to_thread(rmtree, aside, ignore_errors=True)


async def stop_postgres(darkroom: Darkroom, _dice: Random) -> None:
    """Postgres' immediate stop: every backend quits at once, and the next start recovers from the log."""
    pid = await darkroom.running("postgres")
    os.kill(pid, SIGQUIT)
    await darkroom.running("postgres", besides=pid)


async def end_listener(darkroom: Darkroom, _dice: Random) -> None:
    """End web's listening connection on the server's side, and wait until another one listens."""
    rows = Rows(darkroom.database_url)
    ended: set[int] = set()
    async with asyncio.timeout(LISTENS_WITHIN_SECONDS):
        while not ended:
            ended = await _look(rows, _END)
        while not await _look(rows, _LISTENERS) - ended:
            continue


async def _look(rows: Rows, sql: str) -> set[int]:
    await asyncio.sleep(LOOK_SECONDS)
    try:
        return {row["pid"] for row in await rows.fetch(sql)}
    except AWAY:
        # Postgres was killed as well: then there is no listener until it is back.
        return set()
