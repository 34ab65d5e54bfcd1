"""Outputs fetched from a real server that tells every lie a server can."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web

from pipeline.errors import OutputBroken, OutputError, OutputGone, OutputUnreachable
from pipeline.media.download import download
from pipeline.media.picture import examine
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
    for handler in (elsewhere, short, short_chunk, no_http, nothing, endless, enormous, slow, silent):
        app.router.add_get(f"/{handler.__name__}", handler)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


Fetch = Callable[..., Awaitable[bytes]]


@pytest.fixture
async def fetch(server: str) -> AsyncIterator[Fetch]:
    """Fetches a path of the server, or an address."""
    async with aiohttp.ClientSession() as session:

        async def fetched(path: str, *, timeout: float = 10.0, **options: object) -> bytes:
            url = server + path if path.startswith("/") else path
            return await download(session, url, max_bytes=LIMIT, timeout=timeout, **options)  # type: ignore[arg-type]

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
        (403, OutputBroken),
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
    async with aiohttp.ClientSession() as session:
        with pytest.raises(OutputBroken, match="address"):
            await download(session, url)


async def test_an_address_is_asked_for_as_it_was_signed(fetch: Fetch) -> None:
    path = "/echo/a%2Fb%20c;x='1'?sig=a%2Bb%2Fc%3D&x=~*(1)"
    assert f'"path": "{path}"'.encode() in await fetch(path)


async def test_an_address_in_letters_of_ours_is_quoted(fetch: Fetch) -> None:
    assert b"/echo/%C3%A4%20b" in await fetch("/echo/ä b")


async def test_headers_are_sent_and_no_packing_is_asked_for(fetch: Fetch) -> None:
    answer = await fetch("/echo/", headers={"Authorization": "Bearer x"})
    assert b'"Authorization": "Bearer x"' in answer
    assert b'"Accept-Encoding": "identity"' in answer


async def test_messages_do_not_repeat_a_signature(fetch: Fetch) -> None:
    for path in ("/status/404", "/status/500", "/status/403", "/short", "/redirect/9"):
        with pytest.raises(OutputError) as caught:
            await fetch(f"{path}?signature=hunter2")
        assert "hunter2" not in str(caught.value)
        assert "127.0.0.1" in str(caught.value)
