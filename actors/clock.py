"""The clock: once a second it finds what is due. Any number of clocks may run; every statement skips locked rows."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress

import uvloop
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from actors.resources import Resources, open_resources
from actors.watcher import Watcher
from pipeline.errors import DarkroomError
from pipeline.settings import Settings
from pipeline.sweep import bells_to_ring, promote_due

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
OUTSIDE_ERRORS = (SQLAlchemyError, RedisError, DarkroomError, OSError)
"""What a part we stand on may raise while it is away. Anything else is a bug and ends the process."""


async def sweep(resources: Resources) -> None:
    """One round: queue what is due, and ring for everything that waits."""
    resources.notices.note(await promote_due(resources.engine))
    for bell in await bells_to_ring(resources.engine, resources.provider.name):
        await resources.doorbell.ring(bell)


async def every_tick(name: str, round_: Callable[[], Awaitable[None]], stopped: asyncio.Event) -> None:
    """Run `round_` each second until `stopped`; while a part is away, say so and go on."""
    while not stopped.is_set():
        try:
            await round_()
        except OUTSIDE_ERRORS as error:
            log.warning("%s: %s (trying again)", name, error)
        with suppress(TimeoutError):
            async with asyncio.timeout(TICK_SECONDS):
                await stopped.wait()


async def run(settings: Settings) -> None:
    """Sweep and watch until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with open_resources(settings) as resources, asyncio.TaskGroup() as group:
        watcher = Watcher(resources)
        # Apart, because a slow provider must not hold up the sweep.
        group.create_task(every_tick("sweep", lambda: sweep(resources), stopped))
        group.create_task(every_tick("watcher", watcher.look, stopped))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    uvloop.run(run(Settings()))
