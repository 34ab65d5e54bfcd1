"""What cannot be read or told is left out; loops that end are begun anew, and readiness says so."""

import asyncio
from typing import Any
from uuid import UUID

import aiohttp
import pytest

from tests.api.conftest import Web
from tests.until import PATIENCE


async def transition_of(socket: aiohttp.ClientWebSocketResponse, generation_id: str, status: str) -> dict[str, Any]:
    """Read on until this one comes."""
    async with asyncio.timeout(PATIENCE):
        while True:
            frame: dict[str, Any] = await socket.receive_json()
            if frame["type"] == "transition" and (frame["id"], frame["status"]) == (generation_id, status):
                return frame


async def test_a_row_that_cannot_be_read_keeps_no_push_from_the_others(web: Web) -> None:
    """A deadline in the year 10000 ended the looks for ever; nobody got a push until web was restarted."""
    darkroom = web.darkroom
    async with darkroom.user() as user, user.http.ws_connect("/v1/ws") as socket:
        await socket.send_json({"type": "subscribe", "ref": "1", "topic": "generations"})
        assert (await socket.receive_json(timeout=PATIENCE))["type"] == "subscribed"
        bad, hinted, found = [(await user.submit())["id"] for _ in range(3)]
        await transition_of(socket, found, "queued")
        await darkroom.execute_as_ours(
            "UPDATE image_generations SET deadline = '10000-01-01', changed = pg_current_xact_id(), version = 2,"
            " timeline = timeline || timeline, changes = changes || pg_current_xact_id() WHERE id = $1",
            bad,
        )
        await darkroom.execute_as_ours(
            "SELECT pg_notify('darkroom', json_build_array(json_build_array($1::text, 2, $2::text, NULL))::text)",
            bad,
            user.id,
        )
        await user.http.post(f"/v1/generations/{hinted}/cancel")
        await transition_of(socket, hinted, "cancelled")
        # No notification tells of this one: the safety look has to get past the bad row.
        await darkroom.execute_as_ours(
            "UPDATE image_generations SET status = 'failed', changed = pg_current_xact_id(), version = 2,"
            """ timeline = timeline || '{"v": 2, "status": "failed", "at": "2026-01-01T00:00:00Z", "attempt": 0}',"""
            " changes = changes || pg_current_xact_id() WHERE id = $1",
            found,
        )
        await transition_of(socket, found, "failed")
        async with user.http.get(f"/v1/generations/{hinted}") as answer:
            assert answer.status == 200
        async with user.http.get("/readyz") as answer:
            assert (await answer.json())["checks"]["background"] == "ok"


async def test_a_committed_row_is_told_though_its_neighbour_in_the_look_cannot_be_read(web: Web) -> None:
    async with web.darkroom.user() as user:
        ids = [(await user.submit())["id"] for _ in range(8)]
        await web.darkroom.execute_as_ours(
            "UPDATE image_generations SET deadline = '10000-01-01' WHERE id = ANY ($1::uuid[])", ids[2:4]
        )
        rows = await asyncio.gather(*(web.state.looks.read(UUID(one)) for one in ids))
    assert [row is None for row in rows] == [False, False, True, True, False, False, False, False]


async def test_a_loop_that_ends_is_begun_anew_and_readiness_tells(web: Web) -> None:
    begun, again = 0, asyncio.Event()

    async def loop() -> None:
        nonlocal begun
        begun += 1
        if begun == 1:
            raise RecursionError("a row")
        again.set()
        await asyncio.Event().wait()

    web.state.background.keep("a loop", loop)
    async with asyncio.timeout(PATIENCE):
        await again.wait()
    async with web.darkroom.client(None) as http, http.get("/readyz") as answer:
        checks = (await answer.json())["checks"]
        assert (answer.status, checks["background"].startswith("a loop: ended by an error")) == (503, True)


@pytest.mark.parametrize(
    ("channel", "payload"),
    [
        ("darkroom", '[["%s", "x", "%s", null]]'),
        ("darkroom", '[["%s", 9, {"a": 1}, null]]'),
        ("darkroom", '[["%s", 9, ["%s"], {"a": 1}]]'),
        ("darkroom", '{"%s": "%s"}'),
        ("darkroom_deleted", '["images", "%s", "00000000-0000-0000-0000-000000000000", {"a": 1}, null]'),
        ("darkroom_deleted", '["images", "%s", "00000000-0000-0000-0000-000000000000", "%s", {"a": 2}]'),
        ("darkroom_deleted", '[["images"], "%s", "00000000-0000-0000-0000-000000000000", "%s", null]'),
        ("darkroom_deleted", '["pictures", "%s", "00000000-0000-0000-0000-000000000000", "%s", null]'),
        ("darkroom_deleted", "null"),
    ],
)
async def test_a_notification_of_a_strangers_ends_no_loop(web: Web, channel: str, payload: str) -> None:
    """Whoever may connect to the database may notify; one of these kept /readyz at 503."""
    darkroom = web.darkroom
    loop, errors = asyncio.get_running_loop(), list[Any]()
    loop.set_exception_handler(lambda _, context: errors.append(context))
    async with darkroom.user() as user, user.http.ws_connect("/v1/ws") as socket:
        await socket.send_json({"type": "subscribe", "ref": "1", "topic": "generations"})
        assert (await socket.receive_json(timeout=PATIENCE))["type"] == "subscribed"
        first = (await user.submit())["id"]
        await transition_of(socket, first, "queued")
        named = (first, user.id)[: payload.count("%s")]
        await darkroom.execute_as_ours("SELECT pg_notify($1, $2)", channel, payload % named)
        await transition_of(socket, (await user.submit())["id"], "queued")
        async with user.http.get("/readyz") as answer:
            assert (await answer.json())["checks"]["background"] == "ok"
    assert errors == []
