"""Restarts of gateways, one while the other serves."""

import asyncio
import os
from signal import SIGKILL, SIGTERM, Signals

import aiohttp

from proof.gateway.failure import CouldNotRun
from proof.gateway.faults.listeners import Listeners
from proof.hosting import Hosted

READY_SECONDS = 40.0
LOOK_SECONDS = 0.1
HOW: dict[str, Signals] = {"restart by SIGTERM": SIGTERM, "restart by SIGKILL": SIGKILL}


async def restart(house: Hosted, listeners: Listeners, name: str, url: str, number: Signals) -> None:
    """End the web process `name`, which the supervisor starts again; returns when it is ready and listens.

    Raises CouldNotRun.
    """
    pid = await house.running(name)
    os.kill(pid, number)
    await house.running(name, besides=pid)
    await _ready(url)
    await listeners.all_listen()


async def _ready(url: str) -> None:
    try:
        async with asyncio.timeout(READY_SECONDS), aiohttp.ClientSession() as http:
            ready = False
            while not ready:
                await asyncio.sleep(LOOK_SECONDS)
                ready = await _answers(http, url)
    except TimeoutError:
        raise CouldNotRun(f"{url} was not ready again within {READY_SECONDS:.0f} s") from None


async def _answers(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(f"{url}/readyz") as answer:
            return answer.status == 200
    except (aiohttp.ClientError, OSError):
        return False
