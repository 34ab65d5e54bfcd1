"""What is handed on to the old project: a real server stands in for it, and hears and says everything as it was."""

import asyncio
import gzip
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine
from yarl import URL

from api.supabase import proxy
from pipeline.embedded.ports import any_free_port
from pipeline.settings import Settings
from tests.web_process import web_process


@dataclass
class OldProject:
    """Remembers what it was asked, and answers what the test wants."""

    url: str = ""
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    answer: Any = None

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.method, request.raw_path, dict(request.headers), await request.read()))
        if callable(self.answer):
            found: web.StreamResponse = await self.answer(request)
            return found
        return web.json_response({"ok": True}, headers={"X-Theirs": "1"})


@asynccontextmanager
async def old_project() -> AsyncIterator[OldProject]:
    """One at work."""
    project, app = OldProject(), web.Application(client_max_size=2**30)
    app.router.add_route("*", "/{path:.*}", project.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    project.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield project
    finally:
        await runner.cleanup()


@dataclass
class Between:
    """A client of a Darkroom, and the old project behind it."""

    http: aiohttp.ClientSession
    project: OldProject


@pytest.fixture
async def between(settings: Settings, engine: AsyncEngine) -> AsyncIterator[Between]:
    async with (
        old_project() as project,
        web_process(settings.model_copy(update={"supabase_url": project.url})),
        aiohttp.ClientSession(f"http://127.0.0.1:{settings.port}", auto_decompress=False) as http,
    ):
        yield Between(http, project)


def as_written(between: Between, path: str) -> URL:
    """An address that aiohttp does not write in its own way."""
    return URL(f"{str(between.http._base_url).rstrip('/')}{path}", encoded=True)


async def test_a_request_goes_on_as_it_came(between: Between) -> None:
    path = "/auth/v1/token?grant_type=refresh_token&x=a%2Fb"
    headers = {"apikey": "anon", "Authorization": "Bearer t", "x-supabase-api-version": "2024-01-01"}
    body = {"refresh_token": "r"}
    async with between.http.post(as_written(between, path), json=body, headers=headers) as answer:
        assert (answer.status, await answer.json(), answer.headers["X-Theirs"]) == (200, {"ok": True}, "1")
    ((method, raw_path, heard, said),) = between.project.asked
    assert (method, raw_path, said) == ("POST", path, b'{"refresh_token": "r"}')
    assert headers.items() <= heard.items()
    assert heard["Host"] == between.project.url.removeprefix("http://")
    assert heard["X-Forwarded-For"] == "127.0.0.1"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
async def test_any_method_and_a_path_that_would_be_another_if_it_were_decoded(between: Between, method: str) -> None:
    path = "/storage/v1/object/public/b/a%2Fb%20c/%C3%A4.png"
    async with between.http.request(method, as_written(between, path)) as answer:
        assert answer.status == 200
    assert [asked[:2] for asked in between.project.asked] == [(method, path)]


DOTS = [
    "..",
    ".",
    "%2e%2e",
    ".%2E",
    "%2e",
    "%252e%252e",
    "%25252e%25252e",
    "..%2f..",
    "a%2f..%2f..",
    "a%5c..%5c..",
    "a\\..\\..",
    "..;x",
    "%2e%2e%3bx=1",
    "..%20",
    "..%00",
    "%c0%ae%c0%ae",
    "%e2%80%a5",
    "%ef%bc%8e%ef%bc%8e",
    "a%0a",
    "%25252525252e%25252525252e",
]


@pytest.mark.parametrize("dots", DOTS)
@pytest.mark.parametrize("prefix", ["/auth/v1/", "/storage/v1/", "/storage/v1/object/public/"])
async def test_nothing_leads_out_of_the_prefix(between: Between, prefix: str, dots: str) -> None:
    host, _, port = str(between.http._base_url).rstrip("/").rpartition("//")[2].partition(":")
    for path in (f"{prefix}{dots}/rest/v1/secrets", f"{prefix}{dots}"):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"GET {path} HTTP/1.1\r\nHost: darkroom\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        assert answer.split()[1] in {b"400", b"404", b"422"}, answer
    assert between.project.asked == []


async def test_a_prefix_in_another_spelling_is_not_handed_on(between: Between) -> None:
    for path in ("/%61uth/v1/user", "/auth%2fv1/user", "/storage/%761/x", "//auth/v1/user"):
        async with between.http.get(as_written(between, path)) as answer:
            assert answer.status in {400, 404, 422}, path
    assert between.project.asked == []


@pytest.mark.parametrize("path", ["/storage/v1/object/b/a..b", "/storage/v1/object/b/...", "/auth/v1/..a"])
async def test_dots_in_a_name_are_no_way_out(between: Between, path: str) -> None:
    async with between.http.get(as_written(between, path)) as answer:
        assert answer.status == 200
    assert [asked[1] for asked in between.project.asked] == [path]


async def test_what_the_old_project_answers_has_no_rights_in_a_browser(between: Between) -> None:
    async def answer(_: web.Request) -> web.Response:
        headers = {
            "Content-Type": "text/html",
            "Content-Security-Policy": "default-src *",
            "X-Content-Type-Options": "x",
        }
        return web.Response(body=b"<script>top.location='/docs'</script>", headers=headers)

    between.project.answer = answer
    async with between.http.get("/storage/v1/object/public/b/page.html") as found:
        assert found.headers.getall("X-Content-Type-Options") == ["nosniff"]
        policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
        assert found.headers.getall("Content-Security-Policy") == [policy]


async def test_an_answer_comes_as_it_was_said(between: Between) -> None:
    packed = gzip.compress(b"a picture" * 100)

    async def answer(_: web.Request) -> web.Response:
        headers = {"Content-Encoding": "gzip", "Set-Cookie": "a=1", "Content-Type": "image/png"}
        return web.Response(body=packed, status=206, headers=headers)

    between.project.answer = answer
    async with between.http.get("/storage/v1/object/public/b/one.png", headers={"Origin": "https://a.app"}) as found:
        assert (found.status, await found.read()) == (206, packed)
        assert found.headers["Content-Encoding"] == "gzip"
        assert found.headers["Content-Length"] == str(len(packed))
        assert found.headers.getall("Access-Control-Allow-Origin") == ["*"]


async def test_a_redirect_is_the_clients(between: Between) -> None:
    async def answer(_: web.Request) -> web.Response:
        raise web.HTTPFound("https://elsewhere.example/authorize")

    between.project.answer = answer
    async with between.http.get("/auth/v1/authorize?provider=x", allow_redirects=False) as found:
        assert (found.status, found.headers["Location"]) == (302, "https://elsewhere.example/authorize")


async def test_what_is_large_passes_in_pieces_and_what_is_too_large_does_not(
    between: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = bytes(8 * 2**20)
    async with between.http.post("/storage/v1/object/b/large.png", data=io.BytesIO(large)) as answer:
        assert answer.status == 200
    assert between.project.asked[-1][3] == large
    monkeypatch.setattr(proxy, "MAX_BODY_BYTES", 2**20)
    async with between.http.post("/storage/v1/object/b/large.png", data=io.BytesIO(large)) as answer:
        assert (answer.status, (await answer.json())["detail"]) == (413, "body: at most 1048576 bytes")
    assert len(between.project.asked) == 1


async def test_a_client_that_leaves_ends_the_question(between: Between) -> None:
    ended = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(bytes(2**16))
        finally:
            ended.set()

    between.project.answer = answer
    async with between.http.get("/storage/v1/object/public/b/endless.png") as found:
        await found.content.readany()
        found.close()
    async with asyncio.timeout(10):
        await ended.wait()


async def test_an_old_project_that_is_away_is_a_503(settings: Settings, engine: AsyncEngine) -> None:
    away = settings.model_copy(update={"supabase_url": f"http://127.0.0.1:{any_free_port()}"})
    url = f"http://127.0.0.1:{settings.port}/auth/v1/user"
    async with web_process(away), aiohttp.ClientSession() as http, http.get(url) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
        assert "the old project does not answer (ClientConnectorError)" in (await answer.json())["detail"]


OLD = ["/functions/v1/start-generation", "/rest/v1/images", "/auth/v1/user", "/storage/v1/x"]


@pytest.mark.parametrize("path", OLD)
async def test_any_page_may_ask_the_old_doors_and_no_other(between: Between, path: str) -> None:
    asking = {
        "Origin": "https://a.app",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "apikey, authorization, x-client-info, accept-profile, prefer",
    }
    async with between.http.options(path, headers=asking) as answer:
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, "*")
        assert answer.headers["Access-Control-Allow-Headers"] == asking["Access-Control-Request-Headers"]
        assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
    async with between.http.get("/v1/queue", headers={"Origin": "https://a.app"}) as answer:
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert between.project.asked == []


async def test_only_named_pages_may_where_some_are_named(settings: Settings, engine: AsyncEngine) -> None:
    named = settings.model_copy(update={"allowed_origins": ("https://b.app",)})
    async with web_process(named), aiohttp.ClientSession(f"http://127.0.0.1:{settings.port}") as http:
        for origin, allowed in (("https://a.app", None), ("https://b.app", "https://b.app")):
            async with http.post("/functions/v1/start-generation", headers={"Origin": origin}) as answer:
                assert (answer.status, answer.headers.get("Access-Control-Allow-Origin")) == (401, allowed)
