"""Performers that share a number of laps: whoever is free takes the next."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

Lap = TypeVar("Lap")


async def race(performers: Sequence[Callable[[], Awaitable[Lap]]], laps: int, done: Callable[[], None]) -> list[Lap]:
    """Have `performers` do so many laps in all, and give what each lap gave. The first error ends it."""
    left = iter(range(laps))
    gave: list[Lap] = []

    async def perform(performer: Callable[[], Awaitable[Lap]]) -> None:
        for _ in left:
            gave.append(await performer())
            done()

    await asyncio.gather(*(perform(performer) for performer in performers))
    return gave
