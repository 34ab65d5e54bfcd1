"""The one thread that paints, so that the event loop never waits for a picture."""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class PaintingThread:
    """Runs calls one after the other in a daemon thread.

    A thread and not a process, so that `kill -9` leaves no orphan; a daemon and not an executor's thread, because
    the interpreter joins those at exit and a large picture would hold up a stop for seconds.
    """

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="painting", daemon=True).start()

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Await `call` in the thread; a call that is cancelled before its turn never runs."""
        future: Future[T] = Future()
        self._jobs.put(partial(_perform, future, partial(call, *args, **kwargs)))
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Let the thread end after the call it is in."""
        self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()


def _perform(future: "Future[T]", call: Callable[[], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except Exception as error:  # noqa: BLE001 (the awaiting caller raises it)
        future.set_exception(error)
    else:
        future.set_result(result)
