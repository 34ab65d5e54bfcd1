import asyncio
import os
import signal
from pathlib import Path

import psutil
import pytest
from redis.asyncio import Redis

from pipeline.embedded.ordinary import Ordinary
from pipeline.embedded.sockets import socket_dir
from pipeline.embedded.supervisor import Supervisor
from pipeline.embedded.valkey import Valkey


@pytest.fixture
def valkey(home: Path) -> Valkey:
    return Valkey(home, socket_dir(home, Ordinary()), {})


async def test_what_was_written_survives_a_killed_server(valkey: Valkey, supervisor: Supervisor) -> None:
    async with asyncio.timeout(20):
        await supervisor.start(valkey.program())
        await valkey.ready()
        async with Redis.from_url(valkey.url) as client:
            await client.set("kept", "42")
        first = supervisor.pid_of("valkey")
        os.kill(first, signal.SIGKILL)
        await supervisor.successor_of("valkey", first)
        await valkey.ready()
        async with Redis.from_url(valkey.url) as client:
            assert await client.get("kept") == b"42"


async def test_it_listens_on_no_port_and_forgets_nothing(valkey: Valkey, supervisor: Supervisor) -> None:
    async with asyncio.timeout(20):
        await supervisor.start(valkey.program())
        await valkey.ready()
    async with Redis.from_url(valkey.url) as client:
        settings = await client.config_get("maxmemory-policy", "appendonly")
    assert settings == {"maxmemory-policy": "noeviction", "appendonly": "yes"}
    assert psutil.Process(supervisor.pid_of("valkey")).net_connections("tcp") == []
