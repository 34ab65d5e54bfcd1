"""The clock: once a second it finds what is due. Any number of clocks may run; every statement skips locked rows."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

import uvloop

from actors.outside import OUTSIDE_ERRORS
from actors.resources import Resources, open_resources
from actors.store_sweep import StoreSweep
from actors.watcher import Watcher
from pipeline.doorbell import Bell
from pipeline.idempotency import forget_old_keys
from pipeline.incomplete import complete_incomplete
from pipeline.row_errors import RowErrors
from pipeline.settings import Settings
from pipeline.sweep import admit_parked, bells_to_ring, fail_expired, meter_due, promote_due, take_back
from pipeline.webhooks.log import forget_old_deliveries

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
FORGET_SECONDS = 60.0
"""How often what is old is deleted: idempotency keys after a day, webhooks' deliveries after a month."""


_STEPS = RowErrors("the sweep")
"""What one step cannot do must not keep the others from what they can."""


async def sweep(resources: Resources) -> None:
    """One round: queue what is due, fail what is too late, and ring for everything that waits."""
    engine = resources.engine
    with _STEPS.of("take back"):
        resources.notices.note(await take_back(engine))
    with _STEPS.of("meter"):
        await meter_due(engine)
    with _STEPS.of("incomplete"):
        resources.notices.note(await complete_incomplete(engine, resources.guard, resources.providers))
    with _STEPS.of("promote"):
        resources.notices.note(await promote_due(engine))
    with _STEPS.of("expire"):
        resources.notices.note(await fail_expired(engine))
    with _STEPS.of("admit"):
        await admit_parked(engine)
    for bell in await bells_to_ring(engine, *resources.providers):
        resources.doorbell.ring(bell)


async def keep_sentinel(resources: Resources) -> None:
    """A broker that has lost its memory has lost every bell: ring them all, whatever waits."""
    if await resources.doorbell.has_forgotten():
        log.warning("the broker had lost its memory, or is new; ringing every bell")
        for bell in Bell:
            resources.doorbell.ring(bell)


async def every_tick(
    name: str, round_: Callable[[], Awaitable[object]], stopped: asyncio.Event, *, seconds: float = TICK_SECONDS
) -> None:
    """Run `round_`, and again `seconds` after it has ended, until `stopped`; whatever it raises, say so and go on."""
    while not stopped.is_set():
        try:
            await round_()
        except OUTSIDE_ERRORS as error:
            log.warning("%s: %s (trying again)", name, error)
        except Exception:
            # A mistake of ours, or a row that makes one. Ending the process would stop everything else, at every start.
            log.exception("%s: an unexpected error (trying again)", name)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stopped.wait()


async def run(settings: Settings) -> None:
    """Sweep and watch until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with open_resources(settings) as resources, asyncio.TaskGroup() as group:
        # Apart, because a slow provider must hold up neither the sweep nor another provider's watcher.
        for provider in resources.providers.values():
            watcher = Watcher(resources, provider)
            group.create_task(every_tick(f"watcher of {provider.name}", watcher.look, stopped))
        group.create_task(every_tick("sweep", lambda: sweep(resources), stopped))
        group.create_task(every_tick("sentinel", lambda: keep_sentinel(resources), stopped))
        forget = partial(forget_old_keys, resources.engine)
        group.create_task(every_tick("idempotency keys", forget, stopped, seconds=FORGET_SECONDS))
        forget_deliveries = partial(forget_old_deliveries, resources.engine)
        group.create_task(every_tick("deliveries", forget_deliveries, stopped, seconds=FORGET_SECONDS))
        if settings.store_sweep_seconds:
            look = StoreSweep(resources, stopped).look
            group.create_task(every_tick("store sweep", look, stopped, seconds=settings.store_sweep_seconds))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    uvloop.run(run(Settings()))
