"""Concurrent calls share a send; a bad one fails alone."""

import asyncio

import pytest

from pipeline.coalesce import Coalescer


class Line:
    """Sends batches when it is let; doubles each number, and refuses negative ones."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.open, self.sending = asyncio.Event(), asyncio.Event()
        self.open.set()

    async def send(self, batch: list[int]) -> list[int]:
        self.batches.append(batch)
        self.sending.set()
        await self.open.wait()
        if any(number < 0 for number in batch):
            raise ValueError(f"negative: {batch}")
        if any(number == 99 for number in batch):
            raise OSError("the line is dead")
        return [number * 2 for number in batch]


async def test_a_lone_call_goes_at_once() -> None:
    line = Line()
    assert await Coalescer(line.send)(4) == 8
    assert line.batches == [[4]]


async def test_calls_during_a_send_go_together_in_order() -> None:
    line = Line()
    coalescer = Coalescer(line.send, largest=3)
    line.open.clear()
    first = coalescer.submit(0)
    await line.sending.wait()
    later = [coalescer.submit(number) for number in range(1, 6)]
    line.open.set()
    assert await asyncio.gather(first, *later) == [0, 2, 4, 6, 8, 10]
    assert line.batches == [[0], [1, 2, 3], [4, 5]]


async def test_one_bad_item_fails_alone_when_its_error_splits() -> None:
    line = Line()
    coalescer = Coalescer(line.send, splits=lambda error: isinstance(error, ValueError))
    answers = await asyncio.gather(*(coalescer(number) for number in (1, -1, 2)), return_exceptions=True)
    assert [answers[0], answers[2]] == [2, 4]
    assert isinstance(answers[1], ValueError)


async def test_another_error_goes_to_everybody_and_the_next_call_is_sent() -> None:
    line = Line()
    coalescer = Coalescer(line.send, splits=lambda error: isinstance(error, ValueError))
    answers = await asyncio.gather(coalescer(1), coalescer(99), return_exceptions=True)
    assert [type(answer) for answer in answers] == [OSError, OSError]
    assert await coalescer(3) == 6


async def test_flush_waits_for_everything_handed_in() -> None:
    line = Line()
    coalescer = Coalescer(line.send)
    future = coalescer.submit(1)
    await coalescer.flush()
    assert future.done()


async def test_a_caller_that_left_disturbs_nobody() -> None:
    line = Line()
    coalescer = Coalescer(line.send)
    line.open.clear()
    leaving, staying = asyncio.create_task(coalescer(1)), asyncio.create_task(coalescer(2))
    await line.sending.wait()
    leaving.cancel()
    line.open.set()
    assert await staying == 4
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_an_item_handed_in_as_a_sender_ends_is_sent() -> None:
    """The caller that wakes first submits again before the sender's task counts as done."""
    line = Line()
    coalescer = Coalescer(line.send)
    for number in range(20):
        first = coalescer.submit(number)
        again: list[asyncio.Future[int]] = []
        first.add_done_callback(lambda _, again=again: again.append(coalescer.submit(7)))  # type: ignore[misc]
        await first
        await asyncio.wait_for(again[0], 5)
