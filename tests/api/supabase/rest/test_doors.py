"""The doors of /rest/v1 as HTTP: headers, ranges, pages of other origins, and while the database is away."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import aiohttp
import asyncpg
import pytest

from pipeline.database import open_reading_engine
from pipeline.settings import Settings
from pipeline.statements import fetch, statement
from tests.api.conftest import Web
from tests.api.supabase.rest.people import People
from tests.conftest import owner_of
from tests.darkroom import Darkroom

ORIGIN = "https://app.example"
LIST = "/rest/v1/image_generations?select=id&order=created_at"


@pytest.fixture
async def alice(darkroom: Darkroom, people: People) -> AsyncIterator[aiohttp.ClientSession]:
    """Alice's app."""
    key = people.keys["alice"]
    headers = {"apikey": key["key"], "Authorization": f"Bearer {key['token']}"}
    async with aiohttp.ClientSession(darkroom.url, headers=headers) as http:
        yield http


async def test_a_page_of_another_origin_may_ask_and_read_the_count(alice: aiohttp.ClientSession) -> None:
    preflight = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "accept-profile,apikey,authorization,content-profile,prefer,x-client-info",
    }
    async with alice.options(LIST, headers=preflight) as answer:
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, "*")
        assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
        assert "authorization" in answer.headers["Access-Control-Allow-Headers"]
    async with alice.get(LIST, headers={"Origin": ORIGIN, "Prefer": "count=exact"}) as answer:
        assert (answer.status, answer.headers["Content-Range"]) == (200, "0-4/5")
        assert "Content-Range" in answer.headers["Access-Control-Expose-Headers"]
        assert answer.headers["Preference-Applied"] == "count=exact"
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    async with alice.get(f"{LIST}&foo=eq.1", headers={"Origin": ORIGIN}) as answer:
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (400, "*")


@pytest.mark.parametrize(
    ("query", "headers", "status", "shown"),
    [
        ("", {}, 200, "0-4/*"),
        ("", {"Range": "1-2"}, 200, "1-2/*"),
        ("", {"Range": "1-2", "Range-Unit": "items", "Prefer": "count=exact"}, 206, "1-2/5"),
        ("", {"Range": "3-"}, 200, "3-4/*"),
        ("", {"Range": "3-2"}, 416, None),
        ("", {"Range": "0-4", "Prefer": "count=exact"}, 200, "0-4/5"),
        ("&limit=2&offset=1", {"Prefer": "count=exact, return=minimal"}, 206, "1-2/5"),
        ("&limit=5000", {}, 200, "0-4/*"),
        ("&width=eq.1", {}, 200, "*/*"),
        ("&width=eq.1", {"Prefer": "count=exact"}, 200, "*/0"),
        ("&offset=5", {"Prefer": "count=exact"}, 206, "*/5"),
        ("&offset=6", {"Prefer": "count=exact"}, 416, None),
    ],
)
async def test_the_place_of_a_page(
    alice: aiohttp.ClientSession, query: str, headers: dict[str, str], status: int, shown: str | None
) -> None:
    async with alice.get(LIST + query, headers=headers) as answer:
        assert (answer.status, answer.headers.get("Content-Range")) == (status, shown)


async def test_head_has_the_headers_alone(alice: aiohttp.ClientSession) -> None:
    async with alice.head(LIST, headers={"Prefer": "count=exact"}) as answer:
        assert (answer.status, answer.headers["Content-Range"], await answer.read()) == (200, "0-4/5", b"")


async def test_the_root_says_what_there_is(alice: aiohttp.ClientSession) -> None:
    async with alice.get("/rest/v1/") as answer:
        assert (answer.status, "/image_generations" in (await answer.json())["paths"]) == (200, True)


@pytest.mark.parametrize("path", ["/rest/v1/image_generations/1", "/rest/v1/rpc", "/rest/v1/information_schema.tables"])
async def test_there_is_nothing_else(alice: aiohttp.ClientSession, path: str) -> None:
    async with alice.get(path) as answer:
        assert (answer.status, (await answer.json())["code"]) == (404, "PGRST205")


@pytest.mark.parametrize(
    ("method", "body", "status", "code"),
    [
        ("PUT", b"{}", 405, "PGRST117"),
        ("POST", b"{", 400, "PGRST102"),
        ("POST", b"[" * 5000, 400, "PGRST102"),
        ("POST", b'{"prompt": NaN}', 400, "22023"),
        ("POST", b'"a"', 400, "PGRST102"),
        ("POST", b" " * 300_000, 413, "54000"),
        ("PATCH", b"", 400, "PGRST102"),
    ],
)
async def test_bodies_that_are_none(
    alice: aiohttp.ClientSession, method: str, body: bytes, status: int, code: str
) -> None:
    async with alice.request(method, f"{LIST}&width=eq.1", data=body) as answer:
        assert (answer.status, (await answer.json())["code"]) == (status, code)


async def test_no_key_is_no_way_in(darkroom: Darkroom) -> None:
    async with darkroom.client(None) as http, http.get(LIST) as answer:
        assert (answer.status, (await answer.json()).keys()) == (401, {"code", "details", "hint", "message"})
        assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


async def test_an_old_key_is_enough_in_the_header_apikey(darkroom: Darkroom) -> None:
    async with darkroom.client(None) as http, http.get(LIST, headers={"apikey": "the-anon-key"}) as answer:
        assert (answer.status, await answer.json()) == (200, [])


async def test_while_the_database_is_away_it_is_to_be_asked_again(web: Web, settings: Settings) -> None:
    async with web.darkroom.user() as user:
        async with user.http.get(LIST) as answer:
            assert answer.status == 200
        # Nobody gets in any more, and who was in is put out.
        name = settings.database_url and settings.database_url.rpartition("/")[2].partition("?")[0]
        await _admin(settings, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        try:
            await _admin(settings, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            async with user.http.get(LIST) as answer:
                assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
                assert (await answer.json())["code"] == "PGRST001"
        finally:
            await _admin(settings, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


async def _admin(settings: Settings, sql: str) -> None:
    assert settings.database_url
    name = settings.database_url.rpartition("/")[2].partition("?")[0]
    connection = await asyncpg.connect(owner_of(settings.database_url).replace(f"/{name}", "/postgres", 1))
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def test_a_question_that_takes_too_long_is_broken_off_and_hurts_nobody(web: Web, settings: Settings) -> None:
    """It waits for a lock; the pipeline's own connections are others."""
    holding = await asyncpg.connect(settings.database_url)
    async with web.darkroom.user() as user:
        async with web.state.reading.connect() as connection:
            await connection.exec_driver_sql("SET statement_timeout = 200")

        async def ask() -> tuple[int, str]:
            async with user.http.get(f"/rest/v1/images?generation_id=eq.{uuid4()}") as answer:
                return answer.status, (await answer.json())["code"]

        async with holding.transaction():
            await holding.execute("LOCK TABLE images IN ACCESS EXCLUSIVE MODE")
            asking = asyncio.create_task(ask())
            assert (await user.submit())["status"] == "queued"
            assert await asking == (500, "57014")
    await holding.close()


async def test_whoever_asks_in_their_own_words_writes_nothing(settings: Settings) -> None:
    engine = open_reading_engine(settings)
    try:
        with pytest.raises(Exception, match="read-only transaction"):
            await fetch(engine, statement("DELETE FROM images RETURNING id"))
        (row,) = await fetch(engine, statement("SELECT current_setting('statement_timeout') AS most"))
        assert row.most == "5s"
    finally:
        await engine.dispose()
