"""Postgres and Valkey side by side, each unless its URL names another."""

import asyncio
import os
from collections.abc import Mapping

from pipeline.embedded import environment
from pipeline.embedded.ordinary import Ordinary, ordinary
from pipeline.embedded.postgres import Postgres, bin_dir
from pipeline.embedded.sockets import socket_dir
from pipeline.embedded.supervisor import Supervisor
from pipeline.embedded.valkey import Valkey
from pipeline.embedded.voice import Voice
from pipeline.settings import Settings


async def start_servers(
    settings: Settings, env: Mapping[str, str], supervisor: Supervisor, voice: Voice
) -> dict[str, str]:
    """Start what has to be embedded, wait until it answers, and give the variables that say where it all is."""
    who = await asyncio.to_thread(_who, settings) if settings.database_url is None else Ordinary()
    tasks = [
        asyncio.create_task(_postgres(settings, env, who, supervisor, voice)),
        asyncio.create_task(_valkey(settings, env, who, supervisor, voice)),
    ]
    try:
        database, broker = await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    return database | broker


def _who(settings: Settings) -> Ordinary:
    who = ordinary(bin_dir(), settings.home.parent)
    if who.owner is not None:
        # To pass through, not to read, and for its group alone.
        os.chown(settings.home, -1, who.owner[1])
        settings.home.chmod(settings.home.stat().st_mode | 0o010)
    return who


async def _postgres(
    settings: Settings, env: Mapping[str, str], who: Ordinary, supervisor: Supervisor, voice: Voice
) -> dict[str, str]:
    if settings.database_url is not None:
        return environment.database(settings)
    postgres = Postgres(settings.home, socket_dir(settings.home, who), bin_dir(), who, env)
    with voice.step("postgres ready"):
        if await postgres.make():
            voice.say(f"made a new database in {settings.home / 'postgres'}")
        await supervisor.start(postgres.program())
        await postgres.ready()
    return environment.database(settings, postgres.url, postgres.owner_url)


async def _valkey(
    settings: Settings, env: Mapping[str, str], who: Ordinary, supervisor: Supervisor, voice: Voice
) -> dict[str, str]:
    if settings.redis_url is not None:
        return environment.broker(settings, None)
    valkey = Valkey(settings.home, socket_dir(settings.home, who), env)
    with voice.step("valkey ready"):
        await supervisor.start(valkey.program())
        await valkey.ready()
    return environment.broker(settings, valkey.url)
