"""Phoenix' protocol in both serialisations: heartbeats, joins, leaving, and what else clients send."""

import json
import struct
from typing import Any

import pytest

from api.gateway.reading import BURST
from tests.api.conftest import Web
from tests.api.supabase.realtime.life import Life
from tests.api.supabase.realtime.phoenix import Phoenix, joining, on, phoenix

VERSIONS = ["1.0.0", "2.0.0"]
OK = {"status": "ok", "response": {}}


async def is_there(client: Phoenix) -> None:
    """Nothing is on its way to the client, and it is answered."""
    assert (await client.ask("phoenix", "heartbeat", {})).payload == OK


@pytest.mark.parametrize("vsn", VERSIONS)
async def test_a_heartbeat_is_answered(old: Web, vsn: str) -> None:
    async with phoenix(old.darkroom.url, vsn=vsn) as client:
        await is_there(client)


async def test_a_heartbeat_without_a_ref_is_answered_without(old: Web) -> None:
    """As supabase-py sends it."""
    async with phoenix(old.darkroom.url, vsn="1.0.0") as client:
        said: dict[str, Any] = {"topic": "phoenix", "event": "heartbeat", "payload": {}, "ref": None, "join_ref": None}
        await client.connection.send(json.dumps(said))
        assert await client.hear() == (None, None, "phoenix", "phx_reply", OK)


@pytest.mark.parametrize("vsn", VERSIONS)
async def test_a_join_is_answered_with_the_bindings_as_they_came(old: Web, vsn: str) -> None:
    bindings: list[dict[str, Any]] = [
        {"event": "UPDATE", "schema": "public", "table": "image_generations", "filter": "status=in.(failed,completed)"},
        {"event": "*", "schema": "public"},
        {"event": "INSERT", "schema": "public", "table": "images", "select": ["id"]},
    ]
    async with phoenix(old.darkroom.url, vsn=vsn) as client:
        answer = await client.ask("realtime:x", "phx_join", joining(*bindings), join_ref="7")
        assert answer.join_ref == ("7" if vsn == "2.0.0" else None)
        response = {"postgres_changes": [{**binding, "id": id_} for id_, binding in enumerate(bindings, 1)]}
        assert answer.payload == {"status": "ok", "response": response}
        told = {"status": "ok", "extension": "postgres_changes", "channel": "x", "message": "Subscribed to PostgreSQL"}
        assert await client.hear() == (None, None, "realtime:x", "system", told)


async def test_a_channel_without_bindings_is_joined(old: Web) -> None:
    async with phoenix(old.darkroom.url) as client:
        await client.join("room")
        answer = await client.ask("realtime:other", "phx_join", {}, join_ref="1")
        assert answer.payload == {"status": "ok", "response": {"postgres_changes": []}}
        await is_there(client)


@pytest.mark.parametrize("vsn", VERSIONS)
async def test_who_has_left_is_told_nothing_more(old: Web, vsn: str) -> None:
    life = await Life.begin(old.state, None)
    async with phoenix(old.darkroom.url, vsn=vsn) as client:
        topic = await client.join("g", on(filter=f"id=eq.{life.id}"))
        stays = await client.join("h", on(filter=f"id=eq.{life.id}"))
        assert (await client.ask(topic, "phx_leave", {}, join_ref="j")).payload == OK
        closed = await client.hear()
        assert (closed.join_ref, closed.ref) == ("j" if vsn == "2.0.0" else None, "j")
        assert (closed.topic, closed.event, closed.payload) == (topic, "phx_close", {})
        await life.process()
        assert (await client.hear()).topic == stays
        await is_there(client)


async def test_a_channel_that_is_joined_again_replaces_the_first(old: Web) -> None:
    life = await Life.begin(old.state, None)
    async with phoenix(old.darkroom.url) as client:
        await client.join("g", on(filter=f"id=eq.{life.id}"), on("*", filter=f"id=eq.{life.id}"))
        await client.join("g", on(filter=f"id=eq.{life.id}"))
        await life.process()
        assert (await client.change())["ids"] == [1]
        await is_there(client)


async def test_two_channels_of_one_socket_are_told_each_for_itself(old: Web) -> None:
    life = await Life.begin(old.state, None)
    async with phoenix(old.darkroom.url) as client:
        topics = {await client.join(name, on(filter=f"id=eq.{life.id}")) for name in ("a", "b")}
        await life.process()
        assert {(await client.hear()).topic for _ in topics} == topics


@pytest.mark.parametrize("vsn", VERSIONS)
async def test_presence_and_broadcasts_do_no_harm(old: Web, vsn: str) -> None:
    async with phoenix(old.darkroom.url, vsn=vsn) as client:
        topic = await client.join("room")
        assert (await client.ask(topic, "presence", {"type": "presence", "event": "track"})).payload == OK
        answer = await client.ask(topic, "broadcast", {"type": "broadcast", "event": "x", "payload": {}})
        # It reaches nobody, and is not said to.
        assert answer.payload["status"] == "error"
        await client.say(topic, "something_new", {})
        await is_there(client)


async def test_a_binary_broadcast_is_passed_by(old: Web) -> None:
    topic = b"realtime:room"
    async with phoenix(old.darkroom.url) as client:
        await client.join("room")
        head = struct.pack("!7B", 3, 1, 1, len(topic), 4, 0, 1)
        await client.connection.send(head + b"67" + topic + b"ping" + b'{"a":1}')
        await is_there(client)


async def test_of_a_channel_that_was_never_joined_is_said_so(old: Web) -> None:
    async with phoenix(old.darkroom.url) as client:
        answer = await client.ask("realtime:x", "access_token", {"access_token": "x"})
        assert answer.payload == {"status": "error", "response": {"reason": "unmatched topic"}}


@pytest.mark.parametrize(
    ("asked", "matching"),
    [
        ("status=eq.processing", ["processing"]),
        ("status=neq.processing", ["downloading", "completed"]),
        ("status=in.(completed,downloading)", ["downloading", "completed"]),
        ("status=not.in.(completed,downloading)", ["processing"]),
        ("version=gt.3", ["completed"]),
        ("version=lte.2", ["processing"]),
        ("completed_at=is.null", ["processing", "downloading"]),
        ("completed_at=not.is.null", ["completed"]),
        ("seed=isdistinct.7", ["processing", "downloading", "completed"]),
        ("seed=neq.7", []),
        ("width=gte.64,height=lt.65", ["processing", "downloading", "completed"]),
        ("created_at=gt.2999-01-01T00:00:00Z", []),
        ("created_at=lt.2999-01-01T00:00:00+00:00", ["processing", "downloading", "completed"]),
        ('prompt=eq."a, \\"quoted\\" lighthouse"', ["processing", "downloading", "completed"]),
        ("user_id=is.null", ["processing", "downloading", "completed"]),
    ],
)
async def test_filters(old: Web, asked: str, matching: list[str]) -> None:
    life = await Life.begin(old.state, None, width=64, height=64, prompt='a, "quoted" lighthouse')
    by_id = f"id=eq.{life.id}"
    async with phoenix(old.darkroom.url) as client:
        await client.join("g", on(filter=by_id), on(filter=f"{by_id},{asked}"))
        told: list[tuple[list[int], Any]] = []
        for step in (life.process, life.download, life.complete):
            await step()
            payload = await client.change()
            told.append((payload["ids"], payload["data"]["record"]["status"]))
    assert [status for _, status in told] == ["processing", "downloading", "completed"]
    assert [status for ids, status in told if ids == [1, 2]] == matching
    assert all(ids in ([1], [1, 2]) for ids, _ in told)


async def test_too_many_messages_a_second_end_it(old: Web) -> None:
    async with phoenix(old.darkroom.url) as client:
        for _ in range(2 * BURST):
            await client.say("phoenix", "heartbeat", {})
        assert await client.close_code() == 4429
