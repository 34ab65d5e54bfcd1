"""The pace at which rows are changed from outside."""

import asyncio
from collections.abc import Callable, Coroutine
from random import Random
from typing import NamedTuple

from proof.gateway.book import Book
from proof.gateway.faults.hands import Hands
from proof.gateway.faults.late import Late
from proof.gateway.options import Options

Deed = Callable[[Random], Coroutine[None, None, None]]


class Pace(NamedTuple):
    """How often something is done."""

    name: str
    at_once: int
    apart: tuple[float, float]
    """Seconds between the end of one and the next."""


HAND, GIFT = Pace("changed by hand", 1, (0.2, 0.8)), Pace("given away", 1, (1.0, 3.0))
HELD, UNNOTICED = Pace("held open", 2, (0.0, 0.5)), Pace("unnoticed", 1, (0.4, 1.6))


async def change_rows(options: Options, hands: Hands, late: Late, book: Book, over: asyncio.Event) -> None:
    """Hands and late commits at work, until `over`."""
    deeds: tuple[tuple[Pace, Deed], ...] = (
        (HAND, hands.change),
        (GIFT, hands.give_away),
        (HELD, late.hold_open),
        (UNNOTICED, late.end_unnoticed),
    )
    async with asyncio.TaskGroup() as group:
        for pace, do in deeds:
            for which in range(pace.at_once):
                group.create_task(_again(pace, do, options.dice(pace.name, which), book, over))


async def _again(pace: Pace, do: Deed, dice: Random, book: Book, over: asyncio.Event) -> None:
    while not over.is_set():
        await asyncio.sleep(dice.uniform(*pace.apart))
        await do(dice)
        book.done[pace.name] += 1
