"""The byte budget: bounded, and nobody waits for ever."""

import asyncio
import random

import pytest

from pipeline.byte_budget import ByteBudget
from tests.until import PATIENCE


async def test_who_finds_it_spent_waits_until_something_is_given_back() -> None:
    budget = ByteBudget(100)
    first, ahead, late = budget.account(), budget.account(), budget.account()
    await first.take(90)
    assert not ahead.take_now(20)
    await ahead.take(20)  # the one that may go beyond it
    waiting = asyncio.create_task(late.take(20))
    await asyncio.sleep(0)
    assert (waiting.done(), budget.held) == (False, 110)
    first.close()
    await waiting
    assert budget.held == 40
    for account in (first, ahead, late):
        account.close()
        account.close()
    assert budget.held == 0


async def test_who_has_little_waits_for_nobody() -> None:
    budget = ByteBudget(100, small=10)
    first, ahead, late = budget.account(), budget.account(), budget.account()
    await first.take(110)
    await ahead.take(30)
    assert not late.take_now(11)
    assert late.take_now(4)
    assert not await late.take(6)
    waiting = asyncio.create_task(late.take(1))
    await asyncio.sleep(0)
    assert (waiting.done(), late.held, budget.held) == (False, 0, 120)
    first.close()
    assert await waiting
    for account in (ahead, late):
        account.close()
    assert budget.held == 0


async def test_who_gives_up_waiting_takes_nothing_with_it() -> None:
    budget = ByteBudget(10)
    ahead, late = budget.account(), budget.account()
    await ahead.take(11)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await late.take(1)
    ahead.close()
    await late.take(10)
    assert budget.held == 10


@pytest.mark.parametrize("seed", range(5))
async def test_all_come_through_and_what_is_held_is_bounded(seed: int) -> None:
    """Fifty that take a part at a time, each up to as much as there is in all."""
    dice = random.Random(seed)
    budget = ByteBudget(1_000)
    most = 0

    async def reads() -> None:
        nonlocal most
        with budget.account() as account:
            for _ in range(10):
                await account.take(dice.randint(1, 100))
                most = max(most, budget.held)
                await asyncio.sleep(0)

    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        for _ in range(50):
            group.create_task(reads())
    assert most <= 2_000
    assert budget.held == 0
