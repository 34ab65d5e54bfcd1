"""The wire to a provider: what answers hold at a time is bounded, whoever writes them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from pipeline.providers import wire
from pipeline.providers.replicate.answers import error_of
from pipeline.providers.wire import Wire
from tests.pipeline.providers.replicate.liar import lying

LENGTH = 300_000


@asynccontextmanager
async def wired(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Wire, asyncio.Event]]:
    """A wire that may hold one long answer and a half, to a provider whose answers end once the event is set."""
    monkeypatch.setattr(wire, "MOST_BYTES", LENGTH * 3 // 2)
    monkeypatch.setattr(wire, "SMALL_BYTES", 1_000)
    go_on = asyncio.Event()

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/short":
            return web.json_response({"logs": "x"})
        body = web.StreamResponse()
        await body.prepare(request)
        await body.write(b'{"logs":"' + b"x" * LENGTH)
        await go_on.wait()
        await body.write(b'"}')
        return body

    async with lying(answer) as liar:
        opened = Wire(liar.url, "Bearer x", error_of)
        try:
            yield opened, go_on
        finally:
            await opened.close()


async def test_long_answers_wait_for_each_other_and_short_ones_and_purchases_for_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with wired(monkeypatch) as (opened, go_on):
        long = [asyncio.create_task(opened.call("GET", "/long", 30)) for _ in range(20)]
        await asyncio.sleep(0.3)
        assert LENGTH < opened.held_bytes <= LENGTH * 5 // 2, "the most, and one answer more"
        assert (await opened.call("GET", "/short", 5)).content == {"logs": "x"}
        bought = asyncio.create_task(opened.call("POST", "/long", 30, buying=True))
        await asyncio.sleep(0.1)
        go_on.set()
        for one in asyncio.as_completed([*long, bought]):
            assert len((await one).content["logs"]) == LENGTH
        assert opened.held_bytes == 0
