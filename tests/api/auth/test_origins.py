"""Which pages may use web from a browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from pydantic import ValidationError

from api.auth.origins import cors, origin_allowed
from pipeline.settings import Settings
from pipeline.settings.origin import plain_origin
from tests.web_process import web_process

APP = "https://app.example.com"


def allowing(allowed: str = "", public_url: str | None = None) -> Settings:
    return Settings(_env_file=None, allowed_origins=allowed, public_url=public_url)


@pytest.mark.parametrize("allowed", ["", APP, "*"])
@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (None, "darkroom.example.com"),
        (None, None),
        ("https://darkroom.example.com", "darkroom.example.com"),
        ("https://darkroom.example.com", "darkroom.example.com:443"),
        ("https://Darkroom.Example.COM", "darkroom.example.com"),
        ("http://darkroom.example.com", "darkroom.example.com:80"),
        ("http://localhost:8000", "localhost:8000"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://[::1]:8000", "[::1]:8000"),
    ],
)
def test_its_own_host_and_what_is_no_page_always_may(allowed: str, origin: str | None, host: str | None) -> None:
    assert origin_allowed(origin, host, allowing(allowed))


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (APP, "darkroom.example.com"),
        (APP, None),
        ("http://localhost:3000", "localhost:8000"),
        ("http://localhost", "localhost:8000"),
        ("https://darkroom.example.com.evil.com", "darkroom.example.com"),
        ("https://evil-darkroom.example.com", "darkroom.example.com"),
        ("https://darkroom.example.com:444", "darkroom.example.com"),
        ("https://darkroom.example.com/", "darkroom.example.com"),
        ("https://user@darkroom.example.com", "darkroom.example.com"),
        ("https://darkroom.example.com https://evil.com", "darkroom.example.com"),
        ("capacitor://localhost", "localhost"),
        ("file://", "localhost"),
        ("null", "null"),
        ("null", None),
        ("", ""),
        ("https://", ""),
    ],
)
def test_others_may_not_unless_any_may(origin: str, host: str | None) -> None:
    assert not origin_allowed(origin, host, allowing())
    assert origin_allowed(origin, host, allowing("*"))
    assert origin_allowed(origin, host, allowing(f"{APP}, *"))


@pytest.mark.parametrize(
    ("allowed", "origin", "may"),
    [
        (APP, APP, True),
        (f"http://localhost:3000 , {APP}/", APP, True),
        ("https://APP.example.com:443", APP, True),
        (APP, "https://app.example.com:443", True),
        (APP, "http://app.example.com", False),
        (APP, "https://app.example.com:8443", False),
        (APP, "https://www.app.example.com", False),
        ("capacitor://localhost", "capacitor://localhost", True),
    ],
)
def test_the_listed_may(allowed: str, origin: str, may: bool) -> None:
    assert origin_allowed(origin, "darkroom.example.com", allowing(allowed)) is may


def test_behind_a_proxy_that_changes_the_host_the_public_address_counts() -> None:
    assert origin_allowed(APP, "10.0.0.7:8000", allowing(public_url=f"{APP}/darkroom"))
    assert not origin_allowed(APP, "10.0.0.7:8000", allowing())


@pytest.mark.parametrize(
    "wrong", ["app.example.com", "https://*.example.com", "https://a.com/path", "null", "https://"]
)
def test_what_is_no_origin_is_named(wrong: str) -> None:
    with pytest.raises(ValidationError, match="is no origin"):
        allowing(wrong)
    assert plain_origin(wrong) is None


@asynccontextmanager
async def browser(given: Settings, allowed: str) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of a web process that allows these pages."""
    chosen = given.model_copy(update={"allowed_origins": allowing(allowed).allowed_origins})
    async with web_process(chosen), aiohttp.ClientSession(f"http://127.0.0.1:{chosen.port}") as http:
        yield http


PREFLIGHT = {
    "Origin": APP,
    "Access-Control-Request-Method": "DELETE",
    "Access-Control-Request-Headers": "authorization,idempotency-key",
}


async def test_listed_pages_may_read_every_answer(settings: Settings) -> None:
    async with browser(settings, APP) as http:
        async with http.options("/v1/generations", headers=PREFLIGHT) as answer:
            assert answer.status == 200
            assert answer.headers["Access-Control-Allow-Origin"] == APP
            assert answer.headers["Access-Control-Allow-Headers"] == "authorization,idempotency-key"
        for path, status in (("/healthz", 200), ("/v1/queue", 401), ("/nowhere", 404)):
            async with http.get(path, headers={"Origin": APP}) as answer:
                assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (status, APP)
                assert "Location" in answer.headers["Access-Control-Expose-Headers"]
                assert "Access-Control-Allow-Credentials" not in answer.headers
            async with http.get(path, headers={"Origin": "https://evil.com"}) as answer:
                assert "Access-Control-Allow-Origin" not in answer.headers


async def test_any_page_may(settings: Settings) -> None:
    async with browser(settings, "*") as http, http.get("/healthz", headers={"Origin": "https://x.com"}) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_while_none_is_listed_nothing_stands_in_the_way(settings: Settings) -> None:
    assert cors(settings) == []
    async with browser(settings, "") as http, http.get("/healthz", headers={"Origin": APP}) as answer:
        assert "Access-Control-Allow-Origin" not in answer.headers
