"""Many calls, one round trip: what arrives while a batch is under way goes with the next one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Coalescer(Generic[Item, Answer]):
    """Groups concurrent calls. An idle one sends at once, so a lone call never waits for company.

    `send` takes a batch and returns one answer for each item, in order. When a batch of several fails with an error
    that `splits` blames on an item, each is sent alone, so that the bad one fails by itself and its neighbours succeed;
    any other error goes to every caller of the batch. Made inside the loop that uses it.
    """

    def __init__(
        self,
        send: Callable[[list[Item]], Awaitable[Sequence[Answer]]],
        *,
        largest: int = 200,
        at_once: int = 1,
        splits: Callable[[Exception], bool] = lambda _: False,
    ) -> None:
        self._send = send
        self._largest = largest
        self._at_once = at_once
        self._splits = splits
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._senders: set[asyncio.Task[None]] = set()
        self._draining = 0

    async def __call__(self, item: Item) -> Answer:
        """Send `item` with whatever else waits, and return its answer."""
        return await self.submit(item)

    def submit(self, item: Item) -> asyncio.Future[Answer]:
        """Hand `item` in without waiting. The caller must look at the future, or an error would be lost."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._draining < self._at_once:
            self._draining += 1
            sender = asyncio.create_task(self._drain())
            self._senders.add(sender)
            sender.add_done_callback(self._senders.discard)
        return future

    async def flush(self) -> None:
        """Wait until everything handed in so far has been sent."""
        while self._senders:
            await asyncio.wait(self._senders)

    async def _drain(self) -> None:
        # Counted down in the same step that finds nothing waiting: a task is done only later, and an item handed in
        # between would wait for a sender that has looked already.
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[: self._largest], self._waiting[self._largest :]
                await self._deliver(batch)
        finally:
            self._draining -= 1

    async def _deliver(self, batch: list[tuple[Item, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._send([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - every caller gets it; the sender must live on for the next batch
            if len(batch) == 1 or not self._splits(error):
                _fail(batch, error)
                return
            for single in batch:
                await self._deliver([single])
        except asyncio.CancelledError:
            for _, future in batch:
                future.cancel()
            raise
        else:
            for (_, future), answer in zip(batch, answers, strict=True):
                if not future.done():
                    future.set_result(answer)


def _fail(batch: Sequence[tuple[object, asyncio.Future[Answer]]], error: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
