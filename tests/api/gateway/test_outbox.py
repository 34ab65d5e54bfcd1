"""The outbox: order, the bound in bytes, and what goes first."""

import asyncio
from collections.abc import Callable

from api.gateway.events import Slot
from api.gateway.frame import Frame
from api.gateway.outbox import MAX_BYTES, Outbox


def full_outbox(too_slow: Callable[[], None] = lambda: None) -> tuple[Slot, Outbox]:
    """An outbox whose line has taken one frame, "first", and takes no other."""
    slot = Slot()
    outbox = Outbox(slot, too_slow)
    outbox.put(Frame(b"first"))
    return slot, outbox


async def taken(slot: Slot, count: int) -> list[bytes | None]:
    async with asyncio.timeout(5):
        frames = [await slot.take() for _ in range(count)]
    return [frame.text if frame else None for frame in frames]


async def test_what_waits_leaves_in_order_and_the_replaceable_last() -> None:
    slot, outbox = full_outbox()
    for text in (b"a", b"b", b"c"):
        outbox.put(Frame(text))
        outbox.replace("progress", Frame(b"10 % at " + text))
    assert outbox.waiting_bytes == 3 + len(b"10 % at c")
    assert await taken(slot, 5) == [b"first", b"a", b"b", b"c", b"10 % at c"]
    assert outbox.waiting_bytes == 0


async def test_what_is_no_longer_true_does_not_leave() -> None:
    slot, outbox = full_outbox()
    outbox.replace(("generation:1", 1), Frame(b"50 %"))
    outbox.replace(("generation:2", 2), Frame(b"60 %"))
    outbox.replace(("queue", None), Frame(b"queue"))
    outbox.drop(("generation:1", 1))
    outbox.drop_those(lambda key: key == ("queue", None))
    outbox.put(Frame(b"completed"))
    assert await taken(slot, 3) == [b"first", b"completed", b"60 %"]


async def test_the_slow_lose_what_is_replaceable_first_and_then_the_socket() -> None:
    told: list[str] = []
    _, outbox = full_outbox(lambda: told.append("too slow"))
    outbox.replace("early", Frame(b"x" * 1000))
    quarter = MAX_BYTES // 4
    for _ in range(3):
        outbox.put(Frame(b"t" * quarter))
    outbox.replace("late", Frame(b"x"))
    assert outbox.waiting_bytes == 3 * quarter + 1000, "with so much waiting, nothing replaceable is kept"
    outbox.put(Frame(b"t" * (quarter - 500)))
    assert (told, outbox.waiting_bytes) == ([], MAX_BYTES - 500), "the early one made room for a transition"
    outbox.put(Frame(b"t" * 501))
    assert (told, outbox.waiting_bytes, outbox.is_closed) == (["too slow"], 0, True)
    outbox.put(Frame(b"after the end"))
    assert outbox.waiting_bytes == 0


async def test_who_waits_for_room_is_woken_when_there_is_some_and_at_the_end() -> None:
    slot, outbox = full_outbox()
    outbox.put(Frame(b"a"))
    waiting = asyncio.create_task(outbox.emptied())
    assert await taken(slot, 1) == [b"first"]
    await asyncio.wait_for(waiting, 5)
    outbox.put(Frame(b"b"))
    waiting = asyncio.create_task(outbox.emptied())
    await asyncio.sleep(0)
    assert not waiting.done()
    outbox.close()
    await asyncio.wait_for(waiting, 5)
