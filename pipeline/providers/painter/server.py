"""The painter's process: what it is made of, how it starts and how it stops."""

import asyncio
import logging
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing

from aiohttp import web

from pipeline.providers.painter.api import keys
from pipeline.providers.painter.api.counters import COUNTERS
from pipeline.providers.painter.api.counters import application as counter_application
from pipeline.providers.painter.api.routes import application
from pipeline.providers.painter.asked import read_picture
from pipeline.providers.painter.faults.rules import read_rules
from pipeline.providers.painter.outputs import prepared_png
from pipeline.providers.painter.painting_thread import PaintingThread
from pipeline.providers.painter.shop import Shop
from pipeline.providers.painter.tasks import Tasks
from pipeline.providers.painter.token import painter_token
from pipeline.providers.painter.webhooks.delivery import delivery_session
from pipeline.providers.painter.webhooks.ed25519 import FalSignature
from pipeline.providers.painter.webhooks.secret import webhook_secret
from pipeline.providers.painter.webhooks.signature import Signature
from pipeline.settings.painter import PainterSettings

HOST = "127.0.0.1"
BACKLOG = 1024
SHUTDOWN_SECONDS = 0.3
"""How long requests under way may go on after a stop: the whole stop has one second."""

log = logging.getLogger(__name__)


async def serve(settings: PainterSettings) -> None:
    """Serve until SIGTERM or SIGINT. Raises OSError when the port is taken, LedgerError, Problem for bad faults."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running_painter(settings) as origin:
        log.info("painter listening on %s, home %s", origin, settings.home)
        await stop.wait()


@asynccontextmanager
async def running_painter(settings: PainterSettings) -> AsyncIterator[str]:
    """A painter at work while the context lasts; gives its origin, such as http://127.0.0.1:8001."""
    rules = read_rules(settings.faults)
    async with AsyncExitStack() as stack:
        # The socket first: a second painter must fail on the port, whatever else it shares.
        listener = stack.enter_context(socket.create_server((HOST, settings.port), backlog=BACKLOG))
        origin = f"http://{HOST}:{listener.getsockname()[1]}"
        session = await stack.enter_async_context(delivery_session())
        thread = stack.enter_context(closing(PaintingThread()))
        tasks = Tasks()
        stack.push_async_callback(tasks.close)
        shop = Shop(settings, session, thread, tasks, prepared_png(), stack)
        app = application()
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        app[keys.TOKEN] = painter_token(settings)
        app[keys.SECRET] = webhook_secret(settings.home)
        signature = Signature(app[keys.SECRET])
        await shop.open(
            app, settings.home, origin, rules, signature, read_picture, lambda one: one.shown(origin, time.time())
        )
        for name, counter in COUNTERS.items():
            home, at = settings.home / name, f"{origin}/{name}"
            home.mkdir(exist_ok=True)
            inner, signing = counter_application(counter), FalSignature(home)
            inner[keys.JWKS], inner[keys.TOKEN] = signing.jwks, app[keys.TOKEN]
            await shop.open(inner, home, at, (), signing, counter.read, counter.showing(at))
            app.add_subapp(f"/{name}", inner)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.SockSite(runner, listener).start()
        yield origin
