"""Turns: one looks, one waits, the rest go home."""

import asyncio
from functools import partial

import pytest

from actors.turns import Rounds, Turns


class Looks:
    """Looks that last until they are let go. `begun` counts them."""

    def __init__(self) -> None:
        self.begun = 0
        self.under_way = 0
        self.looking = asyncio.Event()
        self.go = asyncio.Event()
        self.errors: list[Exception] = []

    async def look(self) -> None:
        self.begun += 1
        self.under_way += 1
        assert self.under_way == 1
        self.looking.set()
        try:
            await self.go.wait()
        finally:
            self.under_way -= 1
        if self.errors:
            raise self.errors.pop()


@pytest.fixture
def looks() -> Looks:
    return Looks()


async def begun(turns: Turns, looks: Looks) -> "asyncio.Task[None]":
    """A turn whose look is under way."""
    task = asyncio.create_task(turns.take())
    await asyncio.wait_for(looks.looking.wait(), 5)
    return task


async def test_of_many_bells_during_a_look_one_looks_again(looks: Looks) -> None:
    turns = Turns(looks.look)
    first = await begun(turns, looks)
    rung = [asyncio.create_task(turns.take()) for _ in range(20)]
    done, waiting = await asyncio.wait(rung, timeout=0.05)
    assert (len(done), len(waiting)) == (19, 1)
    looks.go.set()
    await asyncio.wait_for(asyncio.gather(first, *waiting), 5)
    assert looks.begun == 2


async def test_a_bell_after_the_look_looks(looks: Looks) -> None:
    turns = Turns(looks.look)
    looks.go.set()
    for _ in range(3):
        await asyncio.wait_for(turns.take(), 5)
    assert looks.begun == 3


async def test_a_look_that_fails_fails_its_own_bell_and_lets_the_next_one_look(looks: Looks) -> None:
    turns = Turns(looks.look)
    first = await begun(turns, looks)
    second = asyncio.create_task(turns.take())
    await asyncio.wait([second], timeout=0)
    looks.errors.append(OSError("the database is away"))
    looks.go.set()
    with pytest.raises(OSError, match="away"):
        await first
    await asyncio.wait_for(second, 5)
    assert looks.begun == 2


async def test_a_waiting_bell_that_is_cancelled_makes_room_for_another(looks: Looks) -> None:
    turns = Turns(looks.look)
    first = await begun(turns, looks)
    second = asyncio.create_task(turns.take())
    await asyncio.wait([second], timeout=0)
    second.cancel()
    await asyncio.wait([second])
    third = asyncio.create_task(turns.take())
    looks.go.set()
    await asyncio.wait_for(asyncio.gather(first, third), 5)
    assert looks.begun == 2


async def test_a_round_looks_together_first_and_then_at_each_without_waiting_for_another(looks: Looks) -> None:
    order: list[str] = []

    async def note(name: str) -> None:
        order.append(name)

    rounds = Rounds(Turns(partial(note, "together")), [Turns(looks.look), Turns(partial(note, "free"))])
    first = asyncio.create_task(rounds.take())
    await asyncio.wait_for(looks.looking.wait(), 5)
    second = asyncio.create_task(rounds.take())
    await asyncio.wait([second], timeout=0.05)
    assert order == ["together", "free", "together", "free"]
    looks.go.set()
    await asyncio.wait_for(asyncio.gather(first, second), 5)
