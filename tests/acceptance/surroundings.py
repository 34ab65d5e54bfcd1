"""A Darkroom whose Postgres and Valkey stand beside it, so that a test can take them away and bring them back."""

import asyncio
import io
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from pipeline.embedded.procfile import CHECKOUT, Procfile
from pipeline.embedded.stack import Stack
from pipeline.embedded.voice import Voice
from pipeline.settings import Settings
from pipeline.settings.painter import PainterSettings
from tests.acceptance.follower import follow
from tests.conftest import settings_at

LOOK_SECONDS = 0.05
"""How often is looked at what changes without telling anybody."""


class Server:
    """Postgres or Valkey, in a stack of its own: what is stopped here stays away until it is started."""

    def __init__(self, name: str, settings: Settings) -> None:
        self._name = name
        self._settings = settings
        self._stack: Stack | None = None

    async def start(self) -> dict[str, str]:
        """Start it on its old data, wait until it answers, and give the variables that name it."""
        nothing = Procfile(CHECKOUT, None, {})
        self._stack = Stack(self._settings, procfile=nothing, painter=PainterSettings(), voice=Voice(io.StringIO()))
        await self._stack.start()
        return self._stack.env

    async def stop(self) -> None:
        """Stop it as an operator does. Harmless when stopped."""
        if self._stack is not None:
            await self._stack.stop()
            self._stack = None

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._stack is not None
        os.kill(self._stack.pid_of(self._name), number)


@dataclass(frozen=True)
class Surroundings:
    """A running Darkroom, what it stands on, and somebody who uses it."""

    stack: Stack
    postgres: Server
    valkey: Server
    http: aiohttp.ClientSession
    key: str

    @property
    def _faults_url(self) -> str:
        return f"{self.stack.env['REPLICATE_API_URL']}/_painter/faults"

    @property
    def _painter_headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.stack.env['REPLICATE_API_TOKEN']}"}

    @property
    def redis_url(self) -> str:
        """Where its Valkey is."""
        return self.stack.env["REDIS_URL"]

    async def submit(self, prompt: str, count: int = 1) -> list[str]:
        """POST `count` generations, one after the other; their ids. Each has to be accepted."""
        ids = []
        for _ in range(count):
            body = {"prompt": prompt, "model_id": "stability-ai/sdxl", "width": 256, "height": 256}
            async with self.http.post("/v1/generations", json=body) as answer:
                assert answer.status == 202, await answer.text()
                ids.append((await answer.json())["id"])
        return ids

    async def painter_ready(self) -> None:
        """Wait until the painter listens: the stack only waits for web."""
        while True:
            with suppress(aiohttp.ClientConnectorError):
                async with self.http.get(self._faults_url, headers=self._painter_headers):
                    return
            await asyncio.sleep(LOOK_SECONDS)

    async def dial(self, *faults: dict[str, Any]) -> None:
        """Put these faults of the painter in force, in place of all others."""
        async with self.http.put(self._faults_url, json=list(faults), headers=self._painter_headers) as answer:
            assert answer.status == 200, await answer.text()

    async def until(self, condition: str, ids: Sequence[str], seconds: float = 30) -> None:
        """Wait until the SQL `condition` holds for the rows of all `ids`."""
        changed = asyncio.Event()
        connection = await asyncpg.connect(self.stack.env["DATABASE_URL"])
        sql = f"SELECT count(*) FROM image_generations WHERE id = ANY($1::text[]::uuid[]) AND ({condition})"
        try:
            await connection.add_listener("darkroom", lambda *_: changed.set())
            async with asyncio.timeout(seconds):
                while await connection.fetchval(sql, ids) < len(ids):
                    changed.clear()
                    await asyncio.wait([asyncio.create_task(changed.wait())], timeout=LOOK_SECONDS)
        finally:
            await connection.close()

    async def follow(self, ids: Iterable[str], seconds: float = 60) -> list[list[dict[str, Any]]]:
        """Every transition of each, until all are final."""
        return await asyncio.gather(*(follow(self.stack.url, self.key, id_, seconds) for id_ in ids))


@asynccontextmanager
async def surroundings(**env: str) -> AsyncIterator[Surroundings]:
    """Start it all, with `env` for Darkroom's processes."""
    async with AsyncExitStack() as stack:
        beside, home = (Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dr-"))) for _ in range(2))
        heard = io.StringIO()
        elsewhere = {"database_url": "postgresql://elsewhere", "redis_url": "redis://elsewhere"}
        servers = []
        for name, other in (("postgres", "redis_url"), ("valkey", "database_url")):
            server = Server(name, settings_at(beside / name, **{other: elsewhere[other]}))
            stack.push_async_callback(server.stop)
            servers.append(server)
        postgres, valkey = servers
        database, broker = await postgres.start(), await valkey.start()
        running = Stack(
            settings_at(
                home,
                database_url=database["DATABASE_URL"],
                migration_database_url=database["MIGRATION_DATABASE_URL"],
                redis_url=broker["REDIS_URL"],
            ),
            painter=PainterSettings(),
            env={"DARKROOM_EMBEDDED": "true", **env},
            voice=Voice(heard),
        )
        # For whom a failure has to be explained.
        stack.callback(lambda: print(heard.getvalue()))
        stack.push_async_callback(running.stop)
        await running.start()
        key = (home / "api-key").read_text().strip()
        headers = {"Authorization": f"Bearer {key}"}
        http = await stack.enter_async_context(aiohttp.ClientSession(running.url, headers=headers))
        ready = Surroundings(running, postgres, valkey, http, key)
        await ready.painter_ready()
        yield ready
