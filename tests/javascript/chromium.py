"""A real Chromium, and a web server of its own for the page that it opens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from playwright.async_api import Browser, async_playwright

from pipeline.embedded.procfile import CHECKOUT

PATH = CHECKOUT / ".browser" / "path"
"""Where scripts/bootstrap.py --browser says which one it has found or installed."""
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A running one. There is none only where nobody has bootstrapped: then the test fails."""
    if not PATH.exists():
        pytest.fail("There is no browser: run make test (or scripts/bootstrap.py --browser)", pytrace=False)
    async with async_playwright() as playwright:
        program = Path(PATH.read_text())
        browser = await playwright.chromium.launch(executable_path=program, args=list(FLAGS), timeout=60_000)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def serving(page: str, origin: str) -> AsyncIterator[None]:
    """Serve the page at `/` of this origin."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=page, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, urlsplit(origin).hostname, urlsplit(origin).port).start()
    try:
        yield
    finally:
        await runner.cleanup()
