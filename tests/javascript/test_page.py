"""The page of docs/javascript.md in a real Chromium, from another origin, cut off while its picture is painted."""

import asyncio
import io
import json
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, WebSocket, expect

from pipeline.embedded.background import BackgroundStack
from pipeline.embedded.ports import any_free_port
from pipeline.embedded.procfile import CHECKOUT
from pipeline.embedded.stack import Stack
from pipeline.embedded.voice import Voice
from pipeline.settings.painter import PainterSettings
from tests.acceptance.test_docs import BLOCK
from tests.api.test_feed import FAR
from tests.api.test_verbs import completed
from tests.api.test_websocket import STAGES
from tests.conftest import create_database, settings_at
from tests.darkroom import Darkroom, User
from tests.javascript.chromium import chromium, serving
from tests.javascript.proxy import Proxy, proxy_to

WAIT = 20_000
"""Milliseconds."""
(PAGE,) = [text for kind, text in BLOCK.findall((CHECKOUT / "docs" / "javascript.md").read_text()) if kind == "html"]
FEED = """<!doctype html><script type="module">
import { Darkroom } from "http://localhost:8000/darkroom.js";
const darkroom = new Darkroom({ url: "http://localhost:8000", token: localStorage.getItem("token") });
for await (const { status } of darkroom.feed()) document.title = status;
</script>"""


@pytest.fixture(scope="module")
def origin() -> str:
    """Where the page is served."""
    return f"http://127.0.0.1:{any_free_port()}"


@pytest.fixture(scope="module")
def house(servers: Stack, origin: str) -> Iterator[BackgroundStack]:
    """A Darkroom that lets the page in, with a painter that paints."""
    with tempfile.TemporaryDirectory(prefix="dr-") as home:
        redis_url = servers.env["REDIS_URL"].replace("db=0", "db=2")
        stack = Stack(
            settings_at(Path(home), database_url=create_database(servers, "page"), redis_url=redis_url),
            painter=PainterSettings(),
            env={"DARKROOM_EMBEDDED": "true", "DARKROOM_ALLOWED_ORIGINS": origin, "PAINTER_SECONDS": "0.2"},
            voice=Voice(io.StringIO()),
        )
        with BackgroundStack(stack) as running:
            yield running


@pytest.fixture
async def user(house: BackgroundStack) -> AsyncIterator[User]:
    """Somebody new."""
    env = house.stack.env
    home, painter = Path(env["DARKROOM_HOME"]), env["REPLICATE_API_URL"]
    async with Darkroom(house.stack.url, home, env["DATABASE_URL"], painter).user() as somebody:
        yield somebody


@pytest.fixture
async def line(house: BackgroundStack) -> AsyncIterator[Proxy]:
    """The way from the browser to Darkroom."""
    async with proxy_to(house.stack.url) as opened:
        yield opened


@contextmanager
def painter_holds(house: BackgroundStack) -> Iterator[None]:
    """Meanwhile whatever is bought stays in processing."""
    painter = house.pid_of("painter")
    os.killpg(painter, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(painter, signal.SIGCONT)


@pytest.fixture
async def context(user: User) -> AsyncIterator[BrowserContext]:
    """A browser in which the user is signed in."""
    async with chromium() as browser:
        opened = await browser.new_context(viewport={"width": 560, "height": 760})
        await opened.add_init_script(f"localStorage.setItem('token', {json.dumps(user.key)})")
        yield opened


async def test_cut_off_while_the_painter_works_it_shows_everything_once(
    context: BrowserContext, house: BackgroundStack, user: User, line: Proxy, origin: str, tmp_path: Path
) -> None:
    page = await context.new_page()
    errors: list[str] = []
    addresses: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("websocket", lambda socket: addresses.append(socket.url))
    entries, connection = page.locator("#timeline li"), page.locator("#connection")
    async with serving(PAGE.replace("http://localhost:8000", line.url), origin):
        with painter_holds(house):
            await page.goto(origin)
            await expect(entries).to_have_text(STAGES[:2], timeout=WAIT)
            await expect(connection).to_have_text("connected")
            line.cut(close=True)
            await expect(connection).to_contain_text("lost", timeout=WAIT)
        (row,) = await user.darkroom.execute("SELECT id FROM image_generations WHERE user_id = $1", user.id)
        generation = await completed(user, {"id": str(row["id"])})
        assert await entries.all_inner_texts() == STAGES[:2]
        line.closed = False
        await expect(entries).to_have_text(STAGES, timeout=WAIT)
        await expect(connection).to_have_text("connected")
        await page.wait_for_function("document.getElementById('picture').naturalWidth > 0", timeout=WAIT)
        size = await page.locator("#picture").evaluate("image => [image.naturalWidth, image.naturalHeight]")
        assert size == [generation["images"][0][side] for side in ("width", "height")]
        await page.screenshot(path=tmp_path / "page.png")
    assert errors == []
    assert len(addresses) >= 2
    assert not any(user.key in address or "?" in address for address in addresses)


async def test_back_online_it_asks_at_once_whether_the_line_is_alive(
    context: BrowserContext, user: User, line: Proxy, origin: str
) -> None:
    await user.submit(scheduled_at=FAR)
    page = await context.new_page()
    sent: list[str] = []
    asked = asyncio.Event()

    def hear(frame: str | bytes) -> None:
        sent.append(str(frame))
        if '"unsubscribe"' in sent[-1]:
            asked.set()

    def follow(socket: WebSocket) -> None:
        socket.on("framesent", hear)

    page.on("websocket", follow)
    async with serving(FEED.replace("http://localhost:8000", line.url), origin):
        await page.goto(origin)
        await expect(page).to_have_title("pending", timeout=WAIT)
        assert not asked.is_set()
        await context.set_offline(True)
        await context.set_offline(False)
        await asyncio.wait_for(asked.wait(), WAIT / 1000)
