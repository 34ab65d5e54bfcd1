"""GET /darkroom.js: the JavaScript client as the server gives it."""

import pytest

from api.javascript import FILE
from pipeline.settings import Settings
from tests.api.auth.test_origins import APP, browser

LONGEST = 500
"""Lines. One file, because pages import one; so it may be longer than our others, and not by much."""


@pytest.mark.parametrize(("allowed", "shown"), [("", "*"), (APP, APP), ("https://other.com", "*")])
async def test_any_page_may_import_it(settings: Settings, allowed: str, shown: str) -> None:
    async with browser(settings, allowed) as http, http.get("/darkroom.js", headers={"Origin": APP}) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert answer.headers["Access-Control-Allow-Origin"] == shown
        assert answer.headers["Cache-Control"] == "no-cache"
        assert await answer.read() == FILE.read_bytes()


async def test_who_has_it_is_not_sent_it_again(settings: Settings) -> None:
    async with browser(settings, "") as http:
        async with http.get("/darkroom.js") as answer:
            tag = answer.headers["ETag"]
        for known, status in ((tag, 304), (f'"older", W/{tag}', 304), ('"older"', 200)):
            async with http.get("/darkroom.js", headers={"If-None-Match": known}) as answer:
                assert (answer.status, answer.headers["ETag"]) == (status, tag)
                assert bool(await answer.read()) is (status == 200)


def test_it_depends_on_nothing_and_stays_short() -> None:
    source = FILE.read_text()
    assert "import " not in source.partition("*/")[2]
    lines = source.splitlines()
    assert len(lines) < LONGEST
    assert max(map(len, lines)) <= 120
