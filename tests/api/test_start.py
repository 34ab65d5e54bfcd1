"""Web starts also while Postgres is away, and says so until it is there."""

import asyncio
import sys
from pathlib import Path

import aiohttp

from pipeline.embedded.ports import any_free_port
from pipeline.embedded.procfile import CHECKOUT


async def test_web_serves_503_while_the_database_is_away(tmp_path: Path) -> None:
    port = any_free_port()
    env = {
        "PATH": "/usr/bin:/bin",
        "DATABASE_URL": f"postgresql://nobody@127.0.0.1:{any_free_port()}/nowhere",
        "REDIS_URL": f"redis://127.0.0.1:{any_free_port()}/0",
        "REPLICATE_API_URL": f"http://127.0.0.1:{any_free_port()}",
        "DARKROOM_HOME": str(tmp_path),
        "PORT": str(port),
    }
    web = await asyncio.create_subprocess_exec(sys.executable, "-m", "api", cwd=CHECKOUT, env=env)
    try:
        async with asyncio.timeout(30), aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
            while True:
                assert web.returncode is None
                try:
                    async with http.get("/healthz") as answer:
                        assert answer.status == 200
                        break
                except aiohttp.ClientConnectorError:
                    continue
            async with http.get("/readyz") as answer:
                assert answer.status == 503
                assert (await answer.json())["checks"]["listener"] != "ok"
            headers = {"Authorization": "Bearer dk_any"}
            async with http.post("/v1/generations", json={"prompt": "a cat"}, headers=headers) as answer:
                assert answer.status == 503
                assert int(answer.headers["Retry-After"]) >= 1
                assert (await answer.json(content_type=None))["type"] == "/problems/unavailable"
    finally:
        web.terminate()
        await web.wait()
