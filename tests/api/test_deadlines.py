"""What a web process does with connections that say nothing, half of something, or too much."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import orjson
import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from api.body_budget import FREE_BYTES
from api.http_protocol import PIECE_BYTES
from pipeline.settings import Settings
from pipeline.settings.network import networks
from tests.api.conftest import Web, darkroom_of
from tests.api.test_websocket import hear, say, socket
from tests.darkroom import Darkroom, User
from tests.until import PATIENCE, until
from tests.web_process import web_process

HALF_OPEN = 300
SECONDS = 0.5
HEAD = b"POST /v1/generations HTTP/1.1\r\nHost: darkroom\r\nAuthorization: Bearer KEY\r\n"
"""To be sent with a user's key in its place."""
BEGINNINGS = {
    "nothing": b"",
    "half a request line": b"POST /v1/gen",
    "half a head": HEAD,
    "an empty line": b"\r\n",
    "a head without its body": HEAD + b"Content-Length: 100\r\n\r\n",
    "half a body": HEAD + b'Content-Length: 100\r\n\r\n{"prompt": ',
    "half a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\n{",
}

ANON_KEY = "the-anon-key-of-the-old-apps"

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def bounded(settings: Settings, **given: Any) -> AsyncIterator[Web]:
    """A web process with these bounds."""
    chosen = settings.model_copy(update=given)
    async with web_process(chosen) as state:
        yield Web(state, darkroom_of(chosen))


@pytest.fixture
async def hasty(settings: Settings, engine: AsyncEngine) -> AsyncIterator[Web]:
    """A web process that waits half a second for anything."""
    async with bounded(settings, header_seconds=SECONDS, stall_seconds=SECONDS) as web:
        yield web


def signed(request: bytes, user: User) -> bytes:
    """The request with the user's key."""
    return request.replace(b"KEY", user.key.encode())


@asynccontextmanager
async def connected(darkroom: Darkroom, count: int = 1, begin: bytes = b"") -> AsyncIterator[list[Line]]:
    """So many connections, on each of which this was sent."""
    async with AsyncExitStack() as stack:
        lines = []
        for _ in range(count):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(darkroom.url.rpartition(":")[2]))
            stack.callback(writer.close)
            writer.write(begin)
            lines.append((reader, writer))
        yield lines


async def ended(lines: list[Line]) -> list[bytes]:
    """What each of them was told before it ended."""
    async with asyncio.timeout(PATIENCE):
        return [await _rest(reader) for reader, _ in lines]


async def _rest(reader: asyncio.StreamReader) -> bytes:
    told = b""
    with suppress(ConnectionResetError):
        while chunk := await reader.read(65_536):
            told += chunk
    return told


async def greet(connection: ClientConnection) -> None:
    """Ask for something that is answered."""
    await say(connection, type="unsubscribe", topic="queue")
    assert (await hear(connection))["type"] == "unsubscribed"


@pytest.mark.parametrize("begin", BEGINNINGS.values(), ids=BEGINNINGS)
async def test_hundreds_of_half_sent_requests_end_and_whole_ones_are_served_meanwhile(hasty: Web, begin: bytes) -> None:
    async with hasty.darkroom.user() as user, connected(hasty.darkroom, HALF_OPEN, signed(begin, user)) as lines:
        made = await user.submit()
        told = await ended(lines)
        async with user.http.get(f"/v1/generations/{made['id']}") as answer:
            assert answer.status == 200
    assert {one.partition(b"\r\n")[0] for one in told} <= {b"", b"HTTP/1.1 408 Request Timeout"}
    if begin.strip():
        assert all(b"DARKROOM_HEADER_SECONDS" in one for one in told)


async def test_one_that_drips_is_ended(hasty: Web) -> None:
    """A byte of the head, and on another connection of the body, every now and then."""
    body = HEAD + b"Content-Length: 100000\r\n\r\n"
    async with (
        hasty.darkroom.user() as user,
        connected(hasty.darkroom, 1, HEAD) as heads,
        connected(hasty.darkroom, 1, signed(body, user)) as bodies,
    ):

        async def drip() -> None:
            while True:
                for (_, writer), bytes_ in ((heads[0], b"X: y\r\n"), (bodies[0], b" ")):
                    writer.write(bytes_)
                await asyncio.sleep(SECONDS / 10)

        dripping = asyncio.create_task(drip())
        told = await ended([*heads, *bodies])
        dripping.cancel()
    assert all(one.startswith(b"HTTP/1.1 408 ") for one in told)


async def test_an_idle_connection_may_not_be_kept_open_with_empty_lines(hasty: Web) -> None:
    async with connected(hasty.darkroom, 1, b"GET /healthz HTTP/1.1\r\nHost: darkroom\r\n\r\n") as lines:
        reader, writer = lines[0]
        assert b"200 OK" in await reader.readline()

        async def drip() -> None:
            while True:
                writer.write(b"\r\n")
                await asyncio.sleep(SECONDS / 10)

        dripping = asyncio.create_task(drip())
        await ended(lines)
        dripping.cancel()


async def test_a_request_that_waits_for_us_is_not_late(hasty: Web) -> None:
    """All of it is there: that nothing is answered for longer than a deadline is our doing."""
    async with (
        hasty.darkroom.user() as user,
        user.http.post("/v1/generations", json={"prompt": "p"}, headers={"Prefer": "wait=2"}) as answer,
    ):
        assert (answer.status, answer.headers["Preference-Applied"]) == (202, "wait=2")


async def test_a_large_body_may_take_long_as_long_as_it_comes(settings: Settings, engine: AsyncEngine) -> None:
    """In all it takes longer than 64 KiB of it may."""
    body = b'{"prompt": "p"}' + b" " * (4 * PIECE_BYTES - 100)
    async with (
        bounded(settings, stall_seconds=2.0) as web,
        web.darkroom.user() as user,
        connected(web.darkroom) as ((reader, writer),),
    ):
        writer.write(signed(HEAD, user) + f"Content-Length: {len(body)}\r\n\r\n".encode())
        for begin in range(0, len(body), PIECE_BYTES):
            writer.write(body[begin : begin + PIECE_BYTES])
            await asyncio.sleep(0.6)
        assert await reader.readline() == b"HTTP/1.1 202 Accepted\r\n"


async def test_a_client_that_does_not_read_its_answer_is_cut_off(hasty: Web) -> None:
    """Many answers on one line, until the reader's buffer and the kernel's are full."""
    async with connected(hasty.darkroom) as ((_, writer),), asyncio.timeout(PATIENCE):
        with suppress(ConnectionResetError):
            while not writer.is_closing():
                writer.write(b"GET /openapi.json HTTP/1.1\r\nHost: darkroom\r\n\r\n")
                await asyncio.sleep(0.001)


async def test_the_oldest_that_says_nothing_makes_room_for_the_next(settings: Settings, engine: AsyncEngine) -> None:
    async with (
        bounded(settings, max_connections=20) as web,
        web.darkroom.user() as user,
        socket(web.darkroom, user.key) as signed_in,
        connected(web.darkroom, 19) as silent,
        connected(web.darkroom, 20, HEAD) as half,
    ):
        await ended(silent)
        await user.submit()
        await greet(signed_in)
        await ended(half[:1])


async def test_connections_beyond_the_limit_are_told_so(settings: Settings, engine: AsyncEngine) -> None:
    """All are taken by requests that are being answered: nobody is sent away for the next."""
    async with bounded(settings, max_connections=3) as web, web.darkroom.user() as user:
        waiting = [asyncio.create_task(_submit(user, {"Prefer": "wait=100"})) for _ in range(3)]
        await until(lambda: len(web.state.waits) == 3)
        async with connected(web.darkroom, 5) as lines:
            for one in await ended(lines):
                assert one.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
                assert b"retry-after: 1\r\n" in one
                assert orjson.loads(one.partition(b"\r\n\r\n")[2])["status"] == 503
        await web.state.sockets.drain(0)
        assert [await one for one in waiting] == [202] * 3


async def _submit(user: User, headers: dict[str, str]) -> int:
    async with user.http.post("/v1/generations", json={"prompt": "p"}, headers=headers) as answer:
        return answer.status


@pytest.mark.parametrize(("proxies", "refused"), [("10.0.0.0/8", True), ("127.0.0.0/8", False)])
async def test_one_address_may_not_have_all_unless_it_is_a_proxys(
    settings: Settings, engine: AsyncEngine, proxies: str, refused: bool, caplog: pytest.LogCaptureFixture
) -> None:
    bounds = {"max_per_address": 2, "proxies": networks(proxies), "supabase_anon_key": SecretStr(ANON_KEY)}
    async with bounded(settings, **bounds) as web, web.darkroom.user() as user, AsyncExitStack() as stack:
        for key in [user.key] * 10 + [ANON_KEY] * 2:  # who has signed in is not counted
            await greet(await stack.enter_async_context(socket(web.darkroom, key)))
        third = await stack.enter_async_context(socket(web.darkroom, ANON_KEY))
        if refused:
            with pytest.raises(ConnectionClosed):
                await hear(third)
            assert third.close_code == 4429
            assert "DARKROOM_MAX_PER_ADDRESS" in str(third.close_reason)
        else:
            await greet(third)
        lines = await stack.enter_async_context(connected(web.darkroom, 3, HEAD))
        if refused:
            assert (await ended(lines[2:]))[0].startswith(b"HTTP/1.1 503 ")
    # The operator hears of it, and not once for each: behind a proxy that nobody named this is all who come.
    assert sum("DARKROOM_PROXIES" in one.message for one in caplog.records) == refused


async def test_sockets_that_have_not_signed_in_leave_room_for_those_that_have(
    settings: Settings, engine: AsyncEngine
) -> None:
    bounds = {"max_anonymous_sockets": 2, "supabase_anon_key": SecretStr(ANON_KEY)}
    async with bounded(settings, **bounds) as web, web.darkroom.user() as user, AsyncExitStack() as stack:
        for _ in range(2):
            anonymous = await stack.enter_async_context(socket(web.darkroom, ANON_KEY))
            await greet(anonymous)
        with pytest.raises(ConnectionClosed):
            await hear(await stack.enter_async_context(socket(web.darkroom, ANON_KEY)))
        await greet(await stack.enter_async_context(socket(web.darkroom, user.key)))
        await anonymous.close()
        await until(lambda: len(web.state.sockets) == 2)
        await greet(await stack.enter_async_context(socket(web.darkroom, ANON_KEY)))


async def test_large_bodies_that_stand_still_keep_no_small_one_out(settings: Settings, engine: AsyncEngine) -> None:
    """The budget is spent by bodies that do not end: small ones pass, another large one is told to come again."""
    begun = HEAD + b"Content-Length: 250000\r\n\r\n" + b" " * 200_000
    room = 2 * (200_000 - FREE_BYTES)
    async with (
        bounded(settings, body_bytes=room) as web,
        web.darkroom.user() as user,
        connected(web.darkroom, 2, signed(begun, user)) as lines,
    ):
        await until(lambda: web.state.bodies.held == room)
        async with user.http.post("/v1/generations", data=b" " * 200_000) as refused:
            assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
        await user.submit()
        for _, writer in lines:
            writer.close()
        await until(lambda: web.state.bodies.held == 0)
        async with user.http.post("/v1/generations", data=b" " * 200_000) as taken:
            assert taken.status == 400  # it is no JSON


async def test_process_jobs_ends_with_its_client_and_has_a_number_of_its_own(
    settings: Settings, engine: AsyncEngine
) -> None:
    async with bounded(settings, max_sockets=10) as web, web.darkroom.user() as user:
        for _ in range(12):
            await user.submit()
        call = f"POST /functions/v1/process-jobs HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer {user.key}\r\n"
        async with connected(web.darkroom, 4, f"{call}Content-Length: 2\r\n\r\n{{}}".encode()) as lines:
            await until(lambda: len(web.state.job_waits) == 4)
            async with user.http.post("/functions/v1/process-jobs", json={}) as refused:
                document = await refused.json()
                assert (refused.status, document["success"]) == (503, False)
                assert "4 such calls wait already" in document["error"]
            async with socket(web.darkroom, user.key) as connection:  # there is room for sockets
                await greet(connection)
            for _, writer in lines:
                writer.close()
            await until(lambda: len(web.state.job_waits) == 0)
