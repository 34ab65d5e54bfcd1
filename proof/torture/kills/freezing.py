"""Freezing a worker past its leases: anywhere, or just where it has bought the right to buy, or has an answer."""

import asyncio
from contextlib import AsyncExitStack
from random import Random
from signal import SIGCONT, SIGSTOP

import aiohttp
import orjson

from proof.plain_connection import AWAY
from proof.torture.darkroom import WORKERS, Darkroom
from proof.torture.kills.holding import lane_held, signal, somebody_waits, stopped
from proof.torture.options import FROZEN_SECONDS, Aim

PILE_SECONDS = 0.7
"""How long rows pile up behind the lane's lock, so that a freeze hits many."""
PURCHASE_SECONDS = 0.3
"""From the lock's end until the claimed rows' purchases are under way."""
WRITE_SECONDS = 0.2
"""From the painter's answers until they are about to be written down."""
CLAIM, NOTE = "darkroom_claim", "UPDATE lanes"
"""Words of the statements that lock the lane."""
REFUSALS = [{"fault": "throttle", "seconds": 1}]
"""An answer that lets the row be tried again at once: nothing can have been sold."""
DIAL_TIMEOUT = aiohttp.ClientTimeout(total=1)


def awake(darkroom: Darkroom, dice: Random) -> str:
    """The name of a worker that is not frozen."""
    return dice.choice([name for name in WORKERS if name not in darkroom.frozen])


async def freeze_worker(darkroom: Darkroom, dice: Random) -> None:
    """Stop a worker, all its processes, until others have long taken over what it held; then let it go on."""
    name = awake(darkroom, dice)
    aim = darkroom.options.freeze_at or dice.choice(tuple(Aim))
    pid = await darkroom.running(name)
    darkroom.frozen.add(name)
    try:
        try:
            # For the moment the others are stopped as well: what happens then, happens to this one.
            with stopped(darkroom, *(other for other in WORKERS if other != name)):
                await _stop_at(aim, darkroom, pid)
        except (*AWAY, aiohttp.ClientError):
            # Its database or its painter is away, so there is nothing to aim at: anywhere will do.
            signal(pid, SIGSTOP)
        await asyncio.sleep(FROZEN_SECONDS)
    finally:
        signal(pid, SIGCONT)
        darkroom.frozen.discard(name)


async def _stop_at(aim: Aim, darkroom: Darkroom, pid: int) -> None:
    match aim:
        case Aim.ANYWHERE:
            signal(pid, SIGSTOP)
        case Aim.CLAIM:
            async with lane_held(darkroom):
                await somebody_waits(darkroom, CLAIM)
                await asyncio.sleep(PILE_SECONDS)
                signal(pid, SIGSTOP)
        case Aim.ANSWER:
            await _stop_at_answer(darkroom, pid)


async def _stop_at_answer(darkroom: Darkroom, pid: int) -> None:
    """Have many purchases refused at once, and stop the worker before any of that is written down."""
    async with AsyncExitStack() as lane:
        await lane.enter_async_context(lane_held(darkroom))
        await asyncio.sleep(PILE_SECONDS)
        await _dial_refusals(darkroom)
        with stopped(darkroom, "painter"):
            await lane.aclose()
            await asyncio.sleep(PURCHASE_SECONDS)
            await lane.enter_async_context(lane_held(darkroom))
        await somebody_waits(darkroom, NOTE)
        await asyncio.sleep(WRITE_SECONDS)
        signal(pid, SIGSTOP)


async def _dial_refusals(darkroom: Darkroom) -> None:
    """Until the weather changes. Raises ClientError, or TimeoutError."""
    url = f"{darkroom.painter_url}/_painter/faults"
    async with (
        aiohttp.ClientSession(timeout=DIAL_TIMEOUT) as http,
        http.put(url, data=orjson.dumps(REFUSALS), headers=darkroom.painter_headers) as answer,
    ):
        answer.raise_for_status()
