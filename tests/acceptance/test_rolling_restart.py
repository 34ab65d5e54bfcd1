"""A rolling restart under load: each web process says that it leaves, sends its clients away, and nothing is lost."""

import asyncio
import json
import os
import signal

import aiohttp
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from proof.hosting import Hosted, hosted
from tests.acceptance.follower import follow
from tests.acceptance.test_kills import check_path, submit_all

GENERATIONS = 30
PATIENCE = 60.0


class NotHosted(Exception):
    """It did not run."""


async def watch_leave(house: Hosted, url: str, connected: asyncio.Event) -> tuple[int, str]:
    """Follow the queue at a gateway until it sends us away; the close code, and the reason."""
    async with connect(
        f"{url.replace('http', 'ws', 1)}/v1/ws", additional_headers={"Authorization": f"Bearer {house.key}"}
    ) as socket:
        await socket.send(json.dumps({"type": "subscribe", "topic": "queue"}))
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    await socket.recv()
                    connected.set()
        except ConnectionClosed:
            return socket.close_code or 0, socket.close_reason or ""


async def readiness(url: str) -> set[int]:
    """What /readyz has answered, once it has answered 503 and until nobody answers any more."""
    answers: set[int] = set()
    async with aiohttp.ClientSession(url) as http, asyncio.timeout(PATIENCE):
        while True:
            try:
                async with http.get("/readyz") as answer:
                    answers.add(answer.status)
            except aiohttp.ClientError:
                return answers


async def test_every_gateway_restarted_under_load_and_nothing_is_lost() -> None:
    with hosted(gateways=2, failure=NotHosted, prefix="dr-", PAINTER_SECONDS="1-6", PAINTER_PREPARED="true") as house:
        ids = await submit_all(house.url, house.key, GENERATIONS)
        turns = [house.gateways, house.gateways[::-1]]
        following = asyncio.gather(
            *(follow(turns[n % 2][0], house.key, id_, PATIENCE, turns[n % 2][1]) for n, id_ in enumerate(ids))
        )
        for name, url in zip(("web", "web2"), house.gateways, strict=True):
            connected = asyncio.Event()
            leaving = asyncio.create_task(watch_leave(house, url, connected))
            await asyncio.wait_for(connected.wait(), PATIENCE)
            answers = asyncio.create_task(readiness(url))
            pid = await house.running(name)
            os.kill(pid, signal.SIGTERM)
            code, why = await leaving
            assert (code, "about to stop" in why) == (1012, True)
            assert 503 in await answers
            await house.running(name, besides=pid)
            async with aiohttp.ClientSession(url) as http, asyncio.timeout(PATIENCE):
                while True:
                    try:
                        async with http.get("/readyz") as answer:
                            if answer.status == 200:
                                break
                    except aiohttp.ClientError:
                        await asyncio.sleep(0)
        for frames in await following:
            check_path(frames)
