"""The Procfile's own processes, 20 generations, each process killed: order, versions, pictures, purchases, shutdown."""

import asyncio
import io
import os
import signal
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import psutil
import pytest
from PIL import Image

from pipeline.embedded.background import BackgroundStack
from pipeline.providers.painter.ledger import LEDGER_FILE, read_ledger
from pipeline.transitions import TRANSITIONS
from schema.statuses import Status
from tests.acceptance.follower import follow

GENERATIONS = 20
KILLED = ("worker", "web", "clock", "painter", "valkey", "postgres")
LEGAL = {(t.source, t.target) for t in TRANSITIONS}
BODY = {"model_id": "stability-ai/sdxl", "width": 256, "height": 256}


async def submit_all(url: str, key: str, count: int, **given: Any) -> list[str]:
    """POST `count` generations, with what is `given` beside the prompt; their ids."""
    async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {key}"}) as http:
        ids = []
        for number in range(count):
            async with http.post(
                "/v1/generations", json={"prompt": f"lighthouse number {number}", **BODY, **given}
            ) as answer:
                assert answer.status == 202, await answer.text()
                ids.append((await answer.json())["id"])
        return ids


async def unfinished(database_url: str) -> int:
    """How many rows are not final; 0 also while Postgres is away."""
    connection = await asyncpg.connect(database_url)
    try:
        sql = "SELECT count(*) FROM image_generations WHERE status NOT IN ('completed', 'failed', 'cancelled')"
        return int(await connection.fetchval(sql))
    finally:
        await connection.close()


def kill(house: BackgroundStack, name: str) -> None:
    """kill -9, and wait until it runs again."""
    pid = house.pid_of(name)
    os.kill(pid, signal.SIGKILL)
    house.successor_of(name, pid)


async def check_pictures(url: str, generation: dict[str, Any]) -> None:
    """Its one picture is at its address, whole, and what the resource says it is."""
    assert generation["status"] == "completed", generation["error_message"]
    (image,) = generation["images"]
    async with aiohttp.ClientSession() as http, http.get(image["url"]) as answer:
        assert answer.status == 200
        data = await answer.read()
    assert len(data) == image["file_size"]
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        assert picture.size == (image["width"], image["height"]) == (256, 256)


def check_path(frames: list[dict[str, Any]]) -> None:
    """Only legal steps, from nothing to completed."""
    path = [None, *(Status(frame["status"]) for frame in frames)]
    assert set(pairwise(path)) <= LEGAL, path
    assert path[-1] is Status.COMPLETED, frames[-1]


@pytest.mark.timeout(400)
async def test_every_process_killed_and_every_picture_developed_and_bought_once(
    house: BackgroundStack, request: pytest.FixtureRequest
) -> None:
    url, home = house.stack.url, Path(house.stack.env["DARKROOM_HOME"])
    key = (home / "api-key").read_text().strip()
    rounds: int = request.config.getoption("--kill-rounds")
    for _ in range(rounds):
        ids = await submit_all(url, key, GENERATIONS)
        followers = [asyncio.create_task(follow(url, key, id_, 120)) for id_ in ids]
        for name in KILLED:
            assert await unfinished(house.stack.env["DATABASE_URL"]) > 0, f"nothing was under way to kill {name} in"
            await asyncio.to_thread(kill, house, name)
        for frames in await asyncio.gather(*followers):
            check_path(frames)
            await check_pictures(url, frames[-1]["generation"])

    ledger = Path(house.stack.env["PAINTER_HOME"]) / LEDGER_FILE
    bought = Counter((sold.webhook or "nobody").split("/")[-3] for sold in read_ledger(ledger))
    assert set(bought.values()) == {1}, bought
    assert len(bought) == rounds * GENERATIONS


def _is_zombie(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_shutdown_leaves_no_process_behind(house: BackgroundStack) -> None:
    processes = [
        process
        for name in ("web", "worker", "clock", "painter", "valkey", "postgres")
        for top in (psutil.Process(house.pid_of(name)),)
        for process in (top, *top.children(recursive=True))
    ]
    assert len(processes) > len(KILLED)
    house.stop()
    _, alive = psutil.wait_procs(processes, timeout=1)
    # A zombie has ended: init has only not been told yet, which on a busy machine may take it some seconds.
    assert [process for process in alive if not _is_zombie(process)] == []
