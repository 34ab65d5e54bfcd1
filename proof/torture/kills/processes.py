"""Kills of the Procfile's processes."""

import os
from random import Random
from signal import SIGKILL

from proof.torture.darkroom import Darkroom
from proof.torture.kills.freezing import awake


async def kill_worker(darkroom: Darkroom, dice: Random) -> None:
    """Kill one of the workers. Not a frozen one: it would never wake up to what others did meanwhile."""
    await _kill(darkroom, awake(darkroom, dice))


async def kill_web(darkroom: Darkroom, _dice: Random) -> None:
    """Kill web."""
    await _kill(darkroom, "web")


async def kill_clock(darkroom: Darkroom, _dice: Random) -> None:
    """Kill the clock."""
    await _kill(darkroom, "clock")


async def kill_painter(darkroom: Darkroom, _dice: Random) -> None:
    """Kill the painter."""
    await _kill(darkroom, "painter")


async def _kill(darkroom: Darkroom, name: str) -> None:
    pid = await darkroom.running(name)
    os.kill(pid, SIGKILL)
    await darkroom.running(name, besides=pid)
