"""The event loop that a worker process runs its actors on, with the resources opened on it before the first message."""

import asyncio
import logging
import os
from contextlib import AsyncExitStack

import uvloop
from dramatiq import Worker
from dramatiq.asyncio import EventLoopThread, set_event_loop_thread
from dramatiq.broker import Broker
from dramatiq.middleware import Middleware

from actors.performers import Performers
from actors.resources import open_resources
from actors.watchdog import Watchdog
from pipeline.memory import settle_memory
from pipeline.settings import Settings

log = logging.getLogger(__name__)

BOOT_SECONDS = 20.0
PATIENCE_SECONDS = 2.0
"""How long a leaving worker waits for its calls and downloads; after that their rows are taken over."""
EXIT_NO_RESOURCES = 3


class DaemonLoopThread(EventLoopThread):
    """Dramatiq's loop thread, but a daemon: the stock one keeps a process that failed to boot alive for ever."""

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__(logger)
        self.daemon = True
        self.loop = uvloop.new_event_loop()


class EventLoop(Middleware):
    """Stands in for Dramatiq's AsyncIO middleware: makes the loop, opens the performers on it, closes both."""

    def __init__(self, settings: Settings, performers: Performers) -> None:
        self._settings = settings
        self._performers = performers
        self._thread: DaemonLoopThread | None = None
        self._stack = AsyncExitStack()
        self._watchdog: Watchdog | None = None

    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:
        """Open everything, or leave: Dramatiq would log the error and run every message into nothing."""
        thread = self._thread = DaemonLoopThread(log)
        thread.start(timeout=BOOT_SECONDS)
        set_event_loop_thread(thread)
        try:
            thread.run_coroutine(asyncio.wait_for(self._open(), BOOT_SECONDS))
        except Exception:
            log.critical("the worker cannot open what it needs; check DATABASE_URL, REDIS_URL and S3_*", exc_info=True)
            # Not sys.exit: Dramatiq swallows exceptions of hooks, and its threads would stay.
            os._exit(EXIT_NO_RESOURCES)
        self._watchdog = Watchdog(thread.loop)
        self._watchdog.start()

    def after_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        """Close the performers on their loop, then the loop."""
        if self._thread is None:
            return
        if self._watchdog is not None:
            self._watchdog.stop()
        self._thread.run_coroutine(self._close())
        self._thread.stop()
        set_event_loop_thread(None)

    async def _open(self) -> None:
        self._performers.open(await self._stack.enter_async_context(open_resources(self._settings)))
        settle_memory()

    async def _close(self) -> None:
        await self._performers.close(PATIENCE_SECONDS)
        await self._stack.aclose()
