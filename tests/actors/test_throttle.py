"""The throttle of one process: everybody waits, then one goes first, and what was begun before says nothing."""

import asyncio

from actors.throttle import Throttle


async def test_everybody_waits_and_then_one_goes_first() -> None:
    throttle = Throttle()
    assert throttle.wait() == throttle.wait() == 0
    throttle.note(30)
    assert all(20 < throttle.wait() <= 60 for _ in range(20))


async def test_after_the_wait_only_one_is_let_through_until_it_was_answered() -> None:
    throttle = Throttle()
    throttle.note(0)
    assert throttle.wait() == 0
    assert throttle.wait() > 0
    throttle.taken(asyncio.get_running_loop().time())
    assert throttle.wait() == throttle.wait() == 0


async def test_a_call_that_was_under_way_says_nothing_of_the_throttle() -> None:
    throttle = Throttle()
    throttle.note(30)
    throttle.taken(asyncio.get_running_loop().time() - 1)
    assert throttle.wait() > 0
