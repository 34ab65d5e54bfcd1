"""The watchdog: a worker whose event loop does not answer holds its rows for nothing; it ends, and is started anew."""

import asyncio
import logging
import os
import threading

log = logging.getLogger(__name__)

ANSWER_SECONDS = 10.0
MOST_MISSED = 3
"""In a row. One or two may be missed by a process that was stopped for a while and has just gone on."""
EXIT_STUCK = 4


class Watchdog(threading.Thread):
    """Asks `loop` for a sign of life, again and again; without one for half a minute it ends the process."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, *, answer_seconds: float = ANSWER_SECONDS, most_missed: int = MOST_MISSED
    ) -> None:
        super().__init__(name="watchdog", daemon=True)
        self._loop = loop
        self._answer_seconds = answer_seconds
        self._most_missed = most_missed
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Watch no longer: the loop is about to end."""
        self._stopped.set()

    def run(self) -> None:
        """Watch until stopped."""
        missed = 0
        while not self._stopped.wait(self._answer_seconds):
            answered = threading.Event()
            self._loop.call_soon_threadsafe(answered.set)
            missed = 0 if answered.wait(self._answer_seconds) else missed + 1
            if missed >= self._most_missed and not self._stopped.is_set():
                log.critical("the event loop has not answered %d times in a row; this worker ends", missed)
                # Not sys.exit: that would end this thread only, and a stuck loop takes no signal.
                os._exit(EXIT_STUCK)
