"""Our client of Replicate, against servers that answer as none should."""

import asyncio
from datetime import UTC, datetime

import pytest
from aiohttp import web

from pipeline.errors import ProviderDown, ProviderError, ProviderRefused, ProviderThrottled, ProviderUnclear
from pipeline.providers import Replicate
from pipeline.providers.wire import MAX_ANSWER_BYTES
from tests.pipeline.providers.painter.caller import MODEL
from tests.pipeline.providers.replicate.conftest import Opening
from tests.pipeline.providers.replicate.liar import lying

PREDICTION = {"id": "p1", "status": "starting", "input": {}}


async def buy(replicate: Replicate, timeout: float = 5.0) -> None:
    await replicate.create(MODEL, None, {"prompt": "a storm"}, None, timeout)


@pytest.mark.parametrize("body", ["<html>welcome</html>", "[]", '"p1"', "", '{"id": "p1"}', "NaN", "[" * 5_000])
async def test_an_answer_that_is_no_prediction(opening: Opening, body: str) -> None:
    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response(text=body, status=201)

    async with lying(answer) as liar, opening(liar.url) as replicate:
        with pytest.raises(ProviderUnclear):
            await buy(replicate)
        assert len(liar.requests) == 1
        with pytest.raises(ProviderError):
            await replicate.get(MODEL, "p1")


async def test_an_answer_that_is_too_long_is_not_read_to_its_end(opening: Opening) -> None:
    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response(body=b'{"id": "' + b"x" * MAX_ANSWER_BYTES + b'"}', status=201)

    async with lying(answer) as liar, opening(liar.url) as replicate:
        with pytest.raises(ProviderUnclear, match="longer than"):
            await buy(replicate)
        with pytest.raises(ProviderDown, match="longer than"):
            await replicate.get(MODEL, "p1")


async def test_an_answer_that_never_ends_is_given_up_in_time(opening: Opening) -> None:
    gone = asyncio.Event()

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(status=201)
        await response.prepare(request)
        try:
            while True:
                await response.write(b" ")
                await asyncio.sleep(0.01)
        finally:
            gone.set()

    async with lying(answer) as liar, opening(liar.url) as replicate, asyncio.timeout(5):
        with pytest.raises(ProviderUnclear):
            await buy(replicate, timeout=0.3)
        await gone.wait()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed_with_the_money_or_the_token(opening: Opening, status: int) -> None:
    async def answer(request: web.BaseRequest) -> web.Response:
        if request.path == "/elsewhere":
            return web.json_response(PREDICTION, status=201)
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    async with lying(answer) as liar, opening(liar.url) as replicate:
        with pytest.raises(ProviderRefused, match=str(status)):
            await buy(replicate)
        assert len(liar.requests) == 1


async def test_retry_after_is_believed(opening: Opening) -> None:
    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response(status=429, headers={"Retry-After": "42"}, text="slow down")

    async with lying(answer) as liar, opening(liar.url) as replicate:
        with pytest.raises(ProviderThrottled) as caught:
            await buy(replicate)
        assert caught.value.retry_after == 42


async def test_the_next_page_is_asked_of_our_provider_only(opening: Opening) -> None:
    async def answer(request: web.BaseRequest) -> web.Response:
        if "cursor" in request.query:
            return web.json_response({"results": [PREDICTION | {"id": "p2"}], "next": None})
        elsewhere = "http://127.0.0.1:1/v1/predictions?cursor=a%2Bb%3D"
        return web.json_response({"results": [PREDICTION], "next": elsewhere})

    async with lying(answer) as liar, opening(liar.url) as replicate:
        listed = [one.id async for page in replicate.list(datetime(2026, 1, 1, tzinfo=UTC)) for one in page]
        assert listed == ["p1", "p2"]
        first, second = liar.requests
        assert first.query["created_after"] == "2026-01-01T00:00:00+00:00"
        assert second.query["cursor"] == "a+b="
        assert {request.headers["Authorization"] for request in liar.requests} == {"Bearer a-token"}


@pytest.mark.parametrize("page", [{"results": None}, {"results": [3]}, {"results": {}, "next": 5}, {"results": [{}]}])
async def test_a_list_that_is_none_is_the_providers_error(opening: Opening, page: dict[str, object]) -> None:
    async def answer(_: web.BaseRequest) -> web.Response:
        return web.json_response(page)

    async with lying(answer) as liar, opening(liar.url) as replicate:
        with pytest.raises(ProviderError):
            await anext(replicate.list(datetime(2026, 1, 1, tzinfo=UTC)))


@pytest.mark.parametrize("secret", [{}, {"key": None}, {"key": 5}])
async def test_a_secret_without_a_key_is_the_providers_error(opening: Opening, secret: dict[str, object]) -> None:
    async def answer(_: web.BaseRequest) -> web.Response:
        return web.json_response(secret)

    async with lying(answer) as liar, opening(liar.url) as replicate:
        with pytest.raises(ProviderDown, match="no key"):
            await replicate.webhook_secret()
