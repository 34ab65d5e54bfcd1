"""The door is the gateway's: drained, bounded and put off as its own sockets are."""

import asyncio
import socket
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api.gateway.outbox import MAX_BYTES
from api.supabase.realtime.socket import RealtimeSocket
from api.supabase.realtime.subscription import Changes
from tests.api.auth.minting import sign
from tests.api.conftest import Web
from tests.api.gateway.load import submit_many
from tests.api.gateway.slow import KERNEL_BYTES
from tests.api.gateway.test_slow_client import LARGEST_FRAME, MANY, PIECE, TRANSPORT_BYTES
from tests.api.supabase.realtime.life import Life
from tests.api.supabase.realtime.phoenix import joining, on, phoenix
from tests.until import until

ADA = "6c2c0f3e-0000-4000-8000-00000000ada0"
ID = "01234567-0000-7000-8000-000000000001"
DRAIN_SECONDS = 0.5


async def test_it_is_drained_with_1012_and_then_takes_nobody(old: Web) -> None:
    async with phoenix(old.darkroom.url) as client:
        await client.join("x", on())
        draining = asyncio.create_task(old.state.sockets.drain(DRAIN_SECONDS))
        assert await client.close_code() == 1012
        with pytest.raises(InvalidStatus) as refused:
            async with phoenix(old.darkroom.url):
                pass
        assert refused.value.response.status_code == 503
        await draining


async def test_nothing_is_left_of_a_socket_that_has_gone(old: Web) -> None:
    life = await Life.begin(old.state, ADA)
    async with phoenix(old.darkroom.url) as client:
        bindings = [on(), on(filter=f"id=eq.{life.id}"), on(filter="batch_id=eq.01234567-0000-7000-8000-000000000001")]
        await client.join("x", *bindings, access_token=sign(sub=ADA))
        assert len(old.state.topics.everyone()) == 3
        client.connection.transport.abort()
    await until(lambda: len(old.state.sockets) == 0 and not old.state.topics.everyone())


async def test_it_is_told_nothing_by_the_clock(old: Web) -> None:
    """Places in line are read for those who are told of them: the old protocol has no word for it."""
    life = await Life.begin(old.state, None)
    async with phoenix(old.darkroom.url) as client:
        await client.join("x", on(filter=f"id=eq.{life.id}"))
        (mine,) = old.state.topics.everyone()
        assert not mine.hears_clock
        assert old.state.progress._next_round() == []


async def test_a_slow_client_is_bounded_in_bytes_and_sent_away(old: Web) -> None:
    port = int(old.darkroom.url.rpartition(":")[2])
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BYTES)
    line.connect(("127.0.0.1", port))
    line.setblocking(False)
    slow: dict[str, Any] = {"sock": line, "max_queue": 1, "ping_interval": None, "close_timeout": 1}
    most, submitted = 0, 0
    async with phoenix(old.darkroom.url) as quick, phoenix(old.darkroom.url, **slow) as client:
        for one in (quick, client):
            await one.join("mine", on("INSERT"), access_token=sign(sub=ADA))
        while len(old.state.sockets) == 2 and submitted < MANY:
            ids = set(await submit_many(old.state, ADA, PIECE))
            submitted += PIECE
            while ids:
                ids.discard((await quick.change())["data"]["record"]["id"])
                sockets = [one for one in old.state.sockets if isinstance(one, RealtimeSocket)]
                most = max([most, *(one.waiting_bytes for one in sockets)])
        assert MAX_BYTES / 2 < most <= MAX_BYTES + TRANSPORT_BYTES + LARGEST_FRAME
        with suppress(ConnectionClosed):
            while True:
                await client.connection.recv()
        assert client.connection.close_code == 4408


async def test_a_database_that_has_gone_back_ends_it(old: Web) -> None:
    async with phoenix(old.darkroom.url) as client:
        await client.join("x", on())
        (mine,) = old.state.topics.everyone() or (None,)
        assert mine is None, "the anonymous key follows no feed"
        await client.join("y", on(filter="id=eq.01234567-0000-7000-8000-000000000001"))
        (mine,) = old.state.topics.everyone()
        mine.end()
        assert await client.close_code() == 1012


@pytest.mark.parametrize("gone", [False, True])
async def test_what_happens_while_a_channel_begins_is_told_behind_it(
    old: Web, monkeypatch: pytest.MonkeyPatch, gone: bool
) -> None:
    """Its row has just been read: what the gateway offers now is held until that has been told."""
    life = await Life.begin(old.state, None)
    await life.process()
    await old.state.notices.flush()
    read = old.state.looks.read

    async def slowly(generation_id: UUID) -> Any:
        row = await read(generation_id)
        (mine,) = old.state.topics.everyone()
        assert isinstance(mine, Changes)
        if gone:
            await old.darkroom.execute("DELETE FROM image_generations")
            await until(lambda: bool(mine._gone))
        else:
            await life.download()
            await until(lambda: bool(mine._held))
        return row

    monkeypatch.setattr(old.state.looks, "read", slowly)
    async with phoenix(old.darkroom.url) as client:
        await client.join("x", on("*", filter=f"id=eq.{life.id}"))
        changes = [(await client.change())["data"] for _ in range(2)]
    told = [(one["type"], one["record"].get("status")) for one in changes]
    assert told == [("UPDATE", "processing"), ("DELETE", None) if gone else ("UPDATE", "downloading")]


async def test_a_database_that_is_away_is_no_refusal(old: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """An old client would not come back from one; from a closed socket every client does."""

    async def away(_: UUID) -> Any:
        raise OSError("away")

    monkeypatch.setattr(old.state.looks, "read", away)
    async with phoenix(old.darkroom.url) as client:
        await client.say("realtime:x", "phx_join", joining(on(filter=f"id=eq.{ID}")), join_ref="1")
        with pytest.raises(ConnectionClosed):
            await client.hear()
        assert client.connection.close_code == 1012


async def test_what_nobody_foresaw_ends_the_socket_and_is_logged(
    old: Web, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(_: UUID) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(old.state.looks, "read", broken)
    async with phoenix(old.darkroom.url) as client:
        await client.say("realtime:x", "phx_join", joining(on(filter=f"id=eq.{ID}")), join_ref="1")
        assert await client.close_code() == 1011
    assert "a channel broke" in caplog.text
    assert not old.state.topics.everyone()
