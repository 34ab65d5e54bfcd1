"""The pool of tasks: bounded, watched, and closed with patience."""

import asyncio
import logging

import pytest

from actors.task_pool import TaskPool


async def test_it_takes_so_many_and_says_when_there_is_room() -> None:
    pool, go = TaskPool(2), asyncio.Event()

    async def work() -> None:
        await go.wait()

    pool.spawn(work())
    await pool.wait_free()
    pool.spawn(work())
    assert pool.free == 0
    waiting = asyncio.create_task(pool.wait_free())
    await asyncio.wait([waiting], timeout=0)
    assert not waiting.done()
    go.set()
    await asyncio.wait_for(waiting, 5)
    await pool.close(5)
    assert pool.free == 2


async def test_an_error_is_logged_and_frees_its_place(caplog: pytest.LogCaptureFixture) -> None:
    pool = TaskPool(1)

    async def work() -> None:
        raise ValueError("the task's own bug")

    pool.spawn(work())
    await asyncio.wait_for(pool.wait_free(), 5)
    assert pool.free == 1
    assert "the task's own bug" in caplog.text
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


async def test_closing_lets_the_quick_end_and_cancels_the_slow(caplog: pytest.LogCaptureFixture) -> None:
    pool, go, ended = TaskPool(3), asyncio.Event(), []

    async def work(name: str, until: asyncio.Event) -> None:
        try:
            await until.wait()
            ended.append(name)
        except asyncio.CancelledError:
            ended.append(f"{name} cancelled")
            raise

    pool.spawn(work("quick", go))
    pool.spawn(work("slow", asyncio.Event()))
    asyncio.get_running_loop().call_soon(go.set)
    await pool.close(0.1)
    assert ended == ["quick", "slow cancelled"]
    assert (pool.free, caplog.records) == (3, [])


async def test_closing_an_empty_pool_takes_no_time() -> None:
    await asyncio.wait_for(TaskPool(1).close(60), 5)


async def test_places_that_are_held_are_taken_by_nobody_and_given_back() -> None:
    pool, go = TaskPool(3), asyncio.Event()

    async def work() -> None:
        await go.wait()

    with pool.hold(2) as first, pool.hold(2) as second:
        assert (first, second, pool.free) == (2, 1, 0)
        with pool.hold(2) as third:
            assert third == 0
        waiting = asyncio.create_task(pool.wait_free())
        await asyncio.wait([waiting], timeout=0)
        assert not waiting.done()
        # What was held for is spawned before the place is given back.
        for _ in range(first):
            pool.spawn(work())
    await asyncio.wait_for(waiting, 5)
    assert pool.free == 1
    go.set()
    await pool.close(5)
