"""The stack on an event loop of its own, for callers without one that lives as long: benches, fixtures, scripts."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

from pipeline.embedded.stack import Stack

T = TypeVar("T")


class BackgroundStack:
    """A Stack with blocking methods, callable from any thread. As a context manager it starts and stops."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._loop = asyncio.new_event_loop()
        # The leash of every process is tied to this thread: it lives until stop().
        self._thread = threading.Thread(target=self._loop.run_forever, name="darkroom stack", daemon=True)

    def start(self, ready_within: float = 120.0) -> None:
        """As Stack.start."""
        self._thread.start()
        try:
            self._run(self.stack.start(ready_within))
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """As Stack.stop; harmless when stopped."""
        if self._loop.is_closed():
            return
        try:
            self._run(self.stack.stop())
        finally:
            self._close()

    def pid_of(self, name: str) -> int:
        """As Stack.pid_of."""
        return self.stack.pid_of(name)

    def successor_of(self, name: str, pid: int, within: float = 30.0) -> int:
        """As Stack.successor_of; raises TimeoutError after `within` seconds."""
        return self._run(asyncio.wait_for(self.stack.successor_of(name, pid), within))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_reason: object) -> None:
        self.stop()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:  # Ctrl-C comes to the caller's thread; on the loop the work would go on
            future.cancel()
            raise

    def _close(self) -> None:
        self._run(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
