"""A client that stops reading: bounded in bytes, sent away so that it can resume, and nobody else's trouble."""

import asyncio
import json
from contextlib import suppress

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from api.gateway import line
from api.gateway.outbox import MAX_BYTES
from tests.api.conftest import Web
from tests.api.gateway.load import submit_many
from tests.api.gateway.slow import slow_client, sockets_of
from tests.api.test_feed import subscribe
from tests.api.test_websocket import close_code, hear, socket
from tests.until import until

TRANSPORT_BYTES = 64 * 1024
"""The transport's high-water mark: one frame more than this may lie there."""
LARGEST_FRAME = 16 * 1024
PIECE = 100
MANY = 3_000
"""Frames of 5 kB: more than both kernels' buffers and ours can hold."""


async def seen(connection: ClientConnection, ids: set[str]) -> None:
    """Read until every one of these generations has been seen."""
    while ids:
        ids.discard((await hear(connection)).get("id", ""))


async def test_its_buffer_never_exceeds_the_bound_and_the_others_go_on(web: Web) -> None:
    state, darkroom = web
    async with darkroom.user() as user, slow_client(darkroom, user) as slow, socket(darkroom, user.key) as quick:
        await subscribe(slow, "generations")
        await subscribe(quick, "generations")
        most, submitted = 0, 0
        while len(sockets_of(state)) == 2 and submitted < MANY:
            ids = await submit_many(state, user.id, PIECE)
            submitted += PIECE
            reading = asyncio.create_task(seen(quick, set(ids)))
            while not reading.done():
                most = max([most, *(one.waiting_bytes for one in sockets_of(state))])
                await asyncio.sleep(0)
            await reading
        assert most > MAX_BYTES / 2, "it was never slow"
        assert most <= MAX_BYTES + TRANSPORT_BYTES + LARGEST_FRAME
        (left,) = sockets_of(state)
        assert left.waiting_bytes == 0
        assert await close_code(slow) == 4408


async def test_it_resumes_and_has_missed_nothing(web: Web) -> None:
    state, darkroom = web
    async with darkroom.user() as user:
        ids: list[str] = []
        got: list[str] = []
        cursor: str | None = None
        async with slow_client(darkroom, user) as slow:
            cursor = (await subscribe(slow, "generations"))["cursor"]
            while sockets_of(state) and len(ids) < MANY:
                ids += await submit_many(state, user.id, PIECE)
            with suppress(ConnectionClosed):
                while True:
                    frame = json.loads(await slow.recv())
                    got.append(frame["id"])
                    cursor = frame["cursor"]
            assert 0 < len(got) < len(ids)
        async with socket(darkroom, user.key) as connection:
            confirmed = await subscribe(connection, "generations", cursor)
            again: list[str] = []
            while set(got) | set(again) != set(ids):
                again.append((await hear(connection))["id"])
            assert len(again) == len(set(again))
            assert confirmed["resumed"] is True


async def test_one_that_reads_nothing_at_all_is_cut_off(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its close frame lies behind what it does not read: without a cut it would be there for ever."""
    state, darkroom = web
    monkeypatch.setattr(line, "LEAVE_SECONDS", 0.5)
    async with darkroom.user() as user, slow_client(darkroom, user) as slow:
        await subscribe(slow, "generations")
        (mine,) = sockets_of(state)
        submitted = 0
        while sockets_of(state) and submitted < MANY:
            await submit_many(state, user.id, PIECE)
            submitted += PIECE
        assert mine.waiting_bytes > 0
        await until(lambda: mine.waiting_bytes == 0)
