"""Whatever people knock with, and however it is refused: web prints no key and no token, nor does it send one back."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import asyncpg
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from pipeline.api_keys import new_key, save_key
from pipeline.database import open_engine
from pipeline.embedded.ports import any_free_port
from pipeline.embedded.procfile import CHECKOUT, Procfile
from pipeline.embedded.stack import Stack
from pipeline.embedded.voice import Voice
from pipeline.settings import Settings
from pipeline.settings.painter import PainterSettings
from tests.api.auth.minting import SECRET, key_pair, sign

PATIENCE = 20.0
ANON, SERVICE = "the-anon-key-of-the-old-apps", "the-service-key-of-the-old-apps"
EVENTS = "/v1/generations/00000000-0000-0000-0000-000000000001/events"
PROVIDER = "the-token-of-the-provider"


@dataclass
class Web:
    """The real web process, all that it printed, and all that it answered."""

    stack: Stack
    printed: io.StringIO
    answered: list[str] = field(default_factory=list)

    async def ask(self, path: str, **headers: str) -> int:
        """GET it; the status."""
        async with (
            aiohttp.ClientSession() as http,
            http.get(self.stack.url + path, headers=headers, allow_redirects=False) as answer,
        ):
            self.answered += [await answer.text(), str(answer.headers)]
            return answer.status

    async def raw(self, request: str) -> None:
        """Send these bytes, and read until web hangs up."""
        host, _, port = self.stack.url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(request.encode())
        self.answered.append((await asyncio.wait_for(reader.read(), PATIENCE)).decode(errors="replace"))
        writer.close()

    async def converse(self, path: str, *frames: str, **headers: str) -> None:
        """Open a websocket, send the frames, and read until it is closed, or until the last one was answered."""
        address = self.stack.url.replace("http", "ws", 1) + path
        with suppress(ConnectionClosed, InvalidHandshake):
            async with connect(address, additional_headers=headers, compression=None) as connection:
                for frame in (*frames, "no JSON"):
                    await connection.send(frame)
                while (said := str(await asyncio.wait_for(connection.recv(), PATIENCE))) and "not JSON" not in said:
                    self.answered.append(said)


@pytest.fixture
async def web(settings: Settings, tmp_path: Path) -> AsyncIterator[Web]:
    """Started by the supervisor, whose voice we keep. Its JWKS address and its provider are away."""
    printed = io.StringIO()
    stack = Stack(
        settings,
        procfile=Procfile(CHECKOUT, None, {"web": "python -m api"}),
        painter=PainterSettings(),
        env={
            "SUPABASE_ANON_KEY": ANON,
            "SUPABASE_SERVICE_ROLE_KEY": SERVICE,
            "SUPABASE_JWT_SECRET": SECRET,
            "SUPABASE_JWKS_URL": f"http://127.0.0.1:{any_free_port()}/?apikey={ANON}",
            "REPLICATE_API_URL": f"http://127.0.0.1:{any_free_port()}",
            "REPLICATE_API_TOKEN": PROVIDER,
        },
        voice=Voice(printed),
    )
    await stack.start()
    try:
        yield Web(stack, printed)
    finally:
        await stack.stop()


async def test_no_token_is_printed_or_sent_back(web: Web, settings: Settings, database_url: str) -> None:
    key = new_key()
    engine = open_engine(settings)
    await save_key(engine, key, name="a test's", user_id="ada", role="user")
    await engine.dispose()
    tokens = [
        key,
        new_key(),
        ANON,
        SERVICE,
        sign(sub="ada"),
        sign(sub="ada", exp=1),
        sign(sub="ada", role="god"),
        sign(secret="the secret of another project, long enough"),
        key_pair("ES256", "unknown").sign(),
        "not.a.token-though-it-looks-like-one",
        "a-key-that-is-much-too-long-" + "x" * 4_000,
    ]
    for token in tokens:
        await _knock_everywhere(web, token)
    # What nobody foresaw: then web says all that it knows. Of a key that it has not met, it has to ask the table.
    tokens.append(new_key())
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("ALTER TABLE api_keys RENAME TO away")
        for token in tokens:
            await _knock_everywhere(web, token)
    finally:
        await connection.close()
    # And one that is open when web is told to leave.
    address = web.stack.url.replace("http", "ws", 1)
    async with connect(f"{address}/v1/ws?access_token={ANON}", compression=None):
        await web.stack.stop()
    printed, answered = web.printed.getvalue(), "\n".join(web.answered)
    assert "unexpected error at a door" in printed
    assert "SUPABASE_JWKS_URL gives no keys now" in printed
    assert "/problems/unauthorized" in answered
    assert "/problems/internal" in answered
    for secret in (*tokens, SECRET, PROVIDER):
        for piece in _pieces(secret):
            assert piece not in printed
            assert piece not in answered


def _pieces(secret: str) -> list[str]:
    """The whole, and every long stretch that some library may have cut out of it."""
    return [secret, *(part for part in re.split(r"\.", secret) if len(part) > 40), secret[-20:]]


async def _knock_everywhere(web: Web, token: str) -> None:
    bearer = f"Bearer {token}"
    for path in ("/v1/generations", "/v1/queue", "/nowhere", f"/v1/generations/{token}", EVENTS):
        await web.ask(path, Authorization=bearer)
        await web.ask(f"{path}?access_token={token}&apikey={token}", apikey=token)
    await web.ask("/v1/generations?cursor=" + token, Authorization=bearer)
    await web.ask("/v1/generations", Authorization=f"Basic {token}")
    await web.raw(f"GET /v1/queue?access_token={token} HTTP/1.1\r\nno header: {token}\r\n\r\n")
    await web.raw(f"{token} / HTTP/9.9\r\n\r\n")
    upgrade = "Connection: close, Upgrade\r\nUpgrade: websocket\r\nHost: here\r\n"
    await web.raw(f"GET /v1/ws?access_token={token} HTTP/1.1\r\n{upgrade}Authorization: {bearer}\r\n\r\n")
    frames = (
        f'{{"type": "auth", "token": "{token}"}}',
        f'{{"type": "auth", "token": "{token}", "more": "{token}"}}',
        f'{{"type": "subscribe", "topic": "{token}"}}',
        f'{{"type": "subscribe", "topic": "generations", "after": "{token}"}}',
        f'{{"type": "{token}"}}',
        f'"{token}"',
        token,
    )
    await web.converse("/v1/ws", *frames)
    await web.converse("/v1/ws", *frames, Authorization=bearer)
    await web.converse(f"/v1/ws?access_token={token}", *frames)
    await web.converse(f"/nowhere?access_token={token}")
    for frame in frames[1:]:
        await web.converse("/v1/ws", frame)
    for key in (token, ANON):
        await web.converse(
            f"/realtime/v1/websocket?apikey={key}&vsn=2.0.0",
            f'["1","1","realtime:x","phx_join",{{"config":{{}},"access_token":"{token}"}}]',
            '["1","2","realtime:y","phx_join",{"config":{}}]',
            f'["1","3","realtime:y","access_token",{{"access_token":"{token}"}}]',
            *frames[-2:],
        )
