"""The shop: what every counter of a painter shares, and how one is fitted out."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack, closing
from pathlib import Path

import aiohttp
from aiohttp import web

from pipeline.providers.painter.api import keys
from pipeline.providers.painter.expiry import Expiry
from pipeline.providers.painter.faults.dice import Dice
from pipeline.providers.painter.faults.rules import Rule
from pipeline.providers.painter.ledger import Ledger, read_ledger
from pipeline.providers.painter.outputs import Outputs
from pipeline.providers.painter.painter import Painter
from pipeline.providers.painter.painting_thread import PaintingThread
from pipeline.providers.painter.posting import Posting, Show
from pipeline.providers.painter.running import Read, Running
from pipeline.providers.painter.tasks import Tasks
from pipeline.providers.painter.webhooks.delivery import Deliveries
from pipeline.providers.painter.webhooks.signature import Signs
from pipeline.settings.painter import PainterSettings

log = logging.getLogger(__name__)


class Shop:
    """Fits out counters. What they open is closed with `stack`."""

    def __init__(
        self,
        settings: PainterSettings,
        session: aiohttp.ClientSession,
        thread: PaintingThread,
        tasks: Tasks,
        prepared: bytes,
        stack: AsyncExitStack,
    ) -> None:
        self._settings = settings
        self._session = session
        self._thread = thread
        self._tasks = tasks
        self._prepared = prepared
        self._stack = stack

    async def open(
        self,
        app: web.Application,
        home: Path,
        origin: str,
        rules: Sequence[Rule],
        signature: Signs,
        read: Read,
        show: Show,
    ) -> None:
        """Put into `app` what `keys` names of a counter at `origin`, and take up what it sold before."""
        ledger = self._stack.enter_context(closing(Ledger(home)))
        outputs = Outputs(home)
        posting = Posting(Deliveries(self._session, signature, ledger), self._tasks, show)
        expiry = Expiry(outputs, self._settings.output_ttl_seconds)
        running = Running(ledger, posting, expiry, outputs, self._thread, read, prepared=self._settings.prepared)
        dice = Dice(self._settings.seed, rules)
        painter = Painter(self._settings.seconds, dice, ledger, running, posting, expiry, self._tasks)
        resumed = painter.resume(await asyncio.to_thread(read_ledger, ledger.path))
        if resumed:
            log.info("painter resumes %d unfinished predictions at %s", resumed, origin)
        self._tasks.spawn(expiry.run())
        app[keys.ORIGIN] = origin
        app[keys.PAINTER] = painter
        app[keys.LEDGER] = ledger
        app[keys.OUTPUTS] = outputs
        app[keys.PREPARED] = self._prepared
