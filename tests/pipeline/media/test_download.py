"""Outputs fetched from a real server that tells every lie a server can."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import web
from yarl import URL

from pipeline.byte_budget import ByteBudget
from pipeline.egress.guard import Guard
from pipeline.egress.pool import open_pool
from pipeline.errors import (
    OutputBroken,
    OutputError,
    OutputForbidden,
    OutputGone,
    OutputRefused,
    OutputUnreachable,
)
from pipeline.media.download import download
from pipeline.media.picture import examine
from tests.pipeline.egress.hosts import LOOPBACK, Names, serving
from tests.pipeline.media.samples import sample
from tests.swift.server import held_port

PNG = sample("png")
LIMIT = 50_000
HTTP = b"HTTP/1.1 200 OK\r\n"


async def hang_up(request: web.Request, raw: bytes) -> web.StreamResponse:
    """Write `raw` as the whole answer, whatever it promises, and close the connection."""
    assert request.transport is not None
    request.transport.write(raw)
    request.transport.close()
    return web.Response()


async def picture(_request: web.Request) -> web.Response:
    return web.Response(body=PNG, content_type="image/jpeg")


async def echo(request: web.Request) -> web.Response:
    return web.json_response({"path": request.raw_path, **request.headers})


async def status(request: web.Request) -> web.Response:
    return web.Response(status=int(request.match_info["status"]), body=PNG)


async def redirect(request: web.Request) -> web.Response:
    """/redirect/3 leads to the picture in three steps."""
    left = int(request.match_info["left"])
    raise web.HTTPFound(f"/redirect/{left - 1}" if left > 1 else "/picture.jpg")


async def elsewhere(request: web.Request) -> web.Response:
    return web.Response(status=302, headers={"Location": request.query["to"]})


async def short(request: web.Request) -> web.StreamResponse:
    return await hang_up(request, HTTP + b"Content-Length: %d\r\n\r\n%s" % (len(PNG), PNG[:100]))


async def short_chunk(request: web.Request) -> web.StreamResponse:
    return await hang_up(request, HTTP + b"Transfer-Encoding: chunked\r\n\r\n40\r\nshort")


async def no_http(request: web.Request) -> web.StreamResponse:
    return await hang_up(request, b"\x16\x03\x01 what is this\r\n\r\n")


async def nothing(request: web.Request) -> web.StreamResponse:
    return await hang_up(request, b"")


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:  # until the client leaves, which raises here
        await response.write(bytes(16_384))


async def enormous(request: web.Request) -> web.StreamResponse:
    return await hang_up(request, HTTP + b"Content-Length: 99999999999\r\n\r\n")


async def slow(request: web.Request) -> web.StreamResponse:
    """The head, a few bytes, and then nothing."""
    response = web.StreamResponse(headers={"Content-Length": str(len(PNG))})
    await response.prepare(request)
    await response.write(PNG[:100])
    await asyncio.Event().wait()
    return response


async def dripping(request: web.Request) -> web.StreamResponse:
    """A byte at a time, for ever."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:  # until the client leaves, which raises here
        await response.write(b"x")
        await asyncio.sleep(0.01)


async def silent(_request: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    return web.Response()


@pytest.fixture
async def server() -> AsyncIterator[str]:
    """The address of the server."""
    app = web.Application()
    app.router.add_get("/picture.jpg", picture)
    app.router.add_get("/echo/{rest:.*}", echo)
    app.router.add_get("/status/{status}", status)
    app.router.add_get("/redirect/{left}", redirect)
    for handler in (elsewhere, short, short_chunk, no_http, nothing, endless, enormous, slow, dripping, silent):
        app.router.add_get(f"/{handler.__name__}", handler)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


Fetch = Callable[..., Coroutine[Any, Any, bytes]]


@pytest.fixture
async def fetch(server: str) -> AsyncIterator[Fetch]:
    """Fetches a path of the server, or an address."""
    async with open_pool(Guard(LOOPBACK)) as pool:

        async def fetched(path: str, *, timeout: float = 10.0, **options: object) -> bytes:
            url = server + path if path.startswith("/") else path
            return await download(pool, url, max_bytes=LIMIT, timeout=timeout, **options)  # type: ignore[arg-type]

        yield fetched


async def test_a_picture_comes_whole_whatever_its_name_says(fetch: Fetch) -> None:
    data = await fetch("/picture.jpg")
    assert data == PNG
    assert examine(data).format == "png"


async def test_three_redirects_are_followed_and_no_fourth(fetch: Fetch) -> None:
    assert await fetch("/redirect/3") == PNG
    with pytest.raises(OutputBroken, match="redirects more than 3 times"):
        await fetch("/redirect/4")


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:image/png;base64,AAAA", "http://", "http://[::1"]
)
async def test_a_redirect_to_anything_but_http_is_broken(fetch: Fetch, to: str) -> None:
    with pytest.raises(OutputBroken, match="no http address"):
        await fetch(f"/elsewhere?to={to}")


async def test_a_redirect_in_a_circle_is_broken(fetch: Fetch) -> None:
    with pytest.raises(OutputBroken, match="redirects more than"):
        await fetch("/elsewhere?to=/elsewhere%3Fto%3D/redirect/9")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (404, OutputGone),
        (410, OutputGone),
        (500, OutputUnreachable),
        (503, OutputUnreachable),
        (429, OutputUnreachable),
        (408, OutputUnreachable),
        (400, OutputBroken),
        (401, OutputBroken),
        (403, OutputForbidden),
        (204, OutputBroken),
        (206, OutputBroken),
        (304, OutputBroken),
        (302, OutputBroken),  # without saying where to
    ],
)
async def test_what_a_status_means(fetch: Fetch, code: int, error: type[OutputError]) -> None:
    with pytest.raises(error, match=str(code)):
        await fetch(f"/status/{code}")


@pytest.mark.parametrize("path", ["/short", "/short_chunk"])
async def test_a_body_that_is_cut_off_is_worth_another_try(fetch: Fetch, path: str) -> None:
    with pytest.raises(OutputUnreachable, match="cut the output off"):
        await fetch(path)


@pytest.mark.parametrize("path", ["/no_http", "/nothing"])
async def test_an_answer_that_is_none_is_worth_another_try(fetch: Fetch, path: str) -> None:
    with pytest.raises(OutputUnreachable, match="cannot be reached"):
        await fetch(path)


@pytest.mark.parametrize("path", ["/endless", "/enormous"])
async def test_too_many_bytes_are_not_waited_for(fetch: Fetch, path: str) -> None:
    with pytest.raises(OutputBroken, match="50,000"):
        await fetch(path)


@pytest.mark.parametrize("path", ["/slow", "/silent"])
async def test_time_is_for_all_of_it(fetch: Fetch, path: str) -> None:
    with pytest.raises(OutputUnreachable, match=r"did not deliver within 0\.1 s"):
        await fetch(path, timeout=0.1)


async def test_nobody_there_is_worth_another_try(fetch: Fetch) -> None:
    with held_port() as port, pytest.raises(OutputUnreachable, match="cannot be reached"):
        await fetch(f"http://127.0.0.1:{port}/x")


@pytest.mark.parametrize(
    "url",
    ["", "file:///etc/passwd", "ftp://host/x", "//host/x", "http://", "http:///x", "http://[::1/x", "http://a:b/x"],
)
async def test_what_is_no_http_address_is_broken(url: str) -> None:
    async with open_pool(Guard(LOOPBACK)) as pool:
        with pytest.raises(OutputBroken, match="address"):
            await download(pool, url)


async def test_an_address_is_asked_for_as_it_was_signed(fetch: Fetch) -> None:
    path = "/echo/a%2Fb%20c;x='1'?sig=a%2Bb%2Fc%3D&x=~*(1)"
    assert f'"path": "{path}"'.encode() in await fetch(path)


async def test_an_address_in_letters_of_ours_is_quoted(fetch: Fetch) -> None:
    assert b"/echo/%C3%A4%20b" in await fetch("/echo/ä b")


async def test_no_packing_is_asked_for(fetch: Fetch) -> None:
    assert b'"Accept-Encoding": "identity"' in await fetch("/echo/")


async def test_messages_do_not_repeat_a_signature(fetch: Fetch) -> None:
    for path in ("/status/404", "/status/500", "/status/403", "/short", "/redirect/9"):
        with pytest.raises(OutputError) as caught:
            await fetch(f"{path}?signature=hunter2")
        assert "hunter2" not in str(caught.value)
        assert "127.0.0.1" in str(caught.value)


REDIRECTED = [
    # As it is signed: %2B is no +, a + no space, lower-case hex no upper-case, and the order of a query is its own.
    "/echo/a%2fb%2Fc?sig=a%2bb%2F%3d&z=1&a=2+3%20",
    "/echo/x;y=(1)'~*!$?x=[1]&q=a:b@c&empty=",
]


@pytest.mark.parametrize("path", REDIRECTED)
async def test_a_redirect_is_followed_as_it_was_signed(fetch: Fetch, server: str, path: str) -> None:
    for to in (path, server + path):
        assert f'"path": "{path}"'.encode() in await fetch(f"/elsewhere?to={quote(to)}")


@pytest.mark.parametrize(
    ("to", "path"),
    [
        ("/echo/a b?c d", "/echo/a%20b?c%20d"),
        (" /echo/around ", "/echo/around"),
        ("/echo/ä?ü=%2B", "/echo/%C3%A4?%C3%BC=%2B"),
        ("/echo/x#fragment", "/echo/x"),
        ("echo/relative", "/echo/relative"),
        ("?to=/echo/query", "/echo/query"),
    ],
)
async def test_a_redirect_need_not_be_well_written(fetch: Fetch, to: str, path: str) -> None:
    assert f'"path": "{path}"'.encode() in await fetch(f"/elsewhere?to={quote(to)}")


@pytest.mark.parametrize("written", ["{}/echo/x\n", " {}/echo/x", "{}/ec\nho/x"])
async def test_an_address_may_come_with_a_line_end(fetch: Fetch, server: str, written: str) -> None:
    assert b'"path": "/echo/x"' in await fetch(written.format(server))


@pytest.mark.parametrize(
    ("code", "body"),
    [
        (400, "<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"),
        (403, "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"),
        (403, "<Code>AuthenticationFailed</Code> Signature not valid in the specified time frame: Start [..] Expiry"),
        (401, '{"error": "token expired"}'),
    ],
)
async def test_an_expired_signature_is_no_refusal(code: int, body: str) -> None:
    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response(status=code, text=body)

    async with serving(answer) as port, open_pool(Guard(LOOPBACK)) as pool:
        with pytest.raises(OutputGone, match="has expired") as caught:
            await download(pool, f"http://127.0.0.1:{port}/x?signature=hunter2")
    assert not isinstance(caught.value, OutputForbidden)


async def test_every_hop_is_looked_at_and_only_the_providers_own_server_is_let_in() -> None:
    """A name that leads inside, an address inside, a redirect to either: nobody is asked, and nothing is told."""
    asked: list[str] = []

    async def inside(request: web.BaseRequest) -> web.Response:
        asked.append(request.path)
        return web.Response(body=PNG)

    async def own(request: web.BaseRequest) -> web.Response:
        return await inside(request) if not request.query else web.Response(status=302, headers=dict(request.query))

    names = Names(inside_example=["127.0.0.1"], public_example=["8.8.8.8 127.0.0.1"])
    async with serving(inside) as port, serving(own) as own_port, open_pool(Guard((), names)) as pool:
        provider = URL(f"http://127.0.0.1:{own_port}/v1")
        assert await download(pool, f"http://127.0.0.1:{own_port}/picture", own=provider) == PNG
        told = set()
        for host in ("127.0.0.1", "inside.example", "public.example", "169.254.169.254", "[::1]"):
            for url in (
                f"https://{host}:{port}/latest",
                f"http://127.0.0.1:{own_port}/x?Location=https://{host}:{port}/latest",
                f"http://127.0.0.1:{own_port}/x?Location=//{host}:{port}/latest",
            ):
                with pytest.raises(OutputRefused) as caught:
                    await download(pool, url, own=provider)
                told.add(str(caught.value).replace(host.strip("[]"), "<host>"))
        with pytest.raises(OutputRefused):
            await download(pool, f"http://127.0.0.1:{own_port}/picture")
    assert asked == ["/picture"]
    assert told <= {
        "The output's address <host> is not on the public internet.",
        "The output's address must be an https address.",
    }


async def test_a_name_is_looked_at_when_its_connection_is_made_and_not_again() -> None:
    """It leads to an allowed address first, and elsewhere from then on: the connection that was looked at is kept."""
    names = Names(cat_example=["127.0.0.1", "169.254.169.254"])
    connections = set()

    async def answer(request: web.BaseRequest) -> web.Response:
        assert request.transport is not None
        connections.add(request.transport.get_extra_info("peername"))
        return web.Response(body=PNG)

    async with serving(answer) as port, open_pool(Guard(LOOPBACK, names)) as pool:
        for _ in range(3):
            assert await download(pool, f"http://cat.example:{port}/x") == PNG
    assert (names.asked, len(connections)) == (["cat.example"], 1)


async def test_names_that_nobody_has_read_as_those_that_lead_inside() -> None:
    async with open_pool(Guard()) as pool:
        for name in ("nothing.invalid", "localhost"):
            with pytest.raises(OutputRefused, match=f"^The output's address {name} is not on the public internet.$"):
                await download(pool, f"https://{name}/x")


@pytest.mark.parametrize("path", ["/slow", "/dripping"])
async def test_what_drips_is_not_waited_for(fetch: Fetch, path: str) -> None:
    with pytest.raises(OutputUnreachable, match=r"sent next to nothing for 0\.1 s"):
        await fetch(path, timeout=600.0, pace_seconds=0.1)


async def test_what_waits_for_memory_is_not_counted_as_slow(fetch: Fetch) -> None:
    """The budget is spent by one that goes on, and another waits for longer than it may be silent."""
    budget = ByteBudget(1)
    ahead, late = budget.account(), budget.account()
    await ahead.take(10)
    fetching = asyncio.create_task(fetch("/picture.jpg", account=late, pace_seconds=0.05))
    done, _ = await asyncio.wait([fetching], timeout=0.2)
    assert (done, late.held) == (set(), 0)
    ahead.close()
    assert await fetching == PNG
    assert (late.held, budget.held) == (len(PNG), len(PNG))
    late.close()
    assert budget.held == 0
