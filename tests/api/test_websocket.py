"""The websocket: subscribe, snapshot, stream; and frames that are refused."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.api.wire import check_frame
from tests.darkroom import Darkroom

NONE = f"generation:{uuid4()}"
STAGES = ["queued", "processing", "downloading", "completed"]


@asynccontextmanager
async def socket(darkroom: Darkroom, key: str | None, query: str = "") -> AsyncIterator[ClientConnection]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    address = darkroom.url.replace("http", "ws", 1) + "/v1/ws" + query
    async with connect(address, additional_headers=headers, compression=None) as opened:
        yield opened


async def say(connection: ClientConnection, **frame: Any) -> None:
    await connection.send(json.dumps(frame))


async def hear(connection: ClientConnection, *, progress: bool = False) -> dict[str, Any]:
    """The next frame, which is as the document says. Progress may come at any time: only who asks hears it."""
    async with asyncio.timeout(20):
        while True:
            frame: dict[str, Any] = json.loads(await connection.recv())
            check_frame(frame)
            if progress or frame["type"] != "progress":
                return frame


async def follow(connection: ClientConnection, topic: str, **more: Any) -> list[dict[str, Any]]:
    """Subscribe and read transitions until the generation is completed."""
    await say(connection, type="subscribe", ref="1", topic=topic, **more)
    confirmed = await hear(connection)
    assert (confirmed["type"], confirmed["ref"], confirmed["topic"]) == ("subscribed", "1", topic)
    frames: list[dict[str, Any]] = []
    while not frames or frames[-1]["status"] != "completed":
        frames.append(await hear(connection))
    return frames


async def test_every_transition_once_in_order_with_the_picture_at_the_end(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, socket(darkroom, user.key) as connection:
        generation = await user.submit(prompt="a lighthouse at dusk")
        frames = await follow(connection, f"generation:{generation['id']}")
        assert [frame["status"] for frame in frames] == STAGES
        assert [frame["version"] for frame in frames] == [frame["cursor"] for frame in frames] == [1, 2, 3, 4]
        assert {frame["type"] for frame in frames} == {"transition"}
        (image,) = frames[-1]["generation"]["images"]
        async with user.http.get(image["url"]) as answer:
            assert answer.status == 200
            assert answer.content_type == f"image/{image['format']}"
            assert "immutable" in answer.headers["Cache-Control"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
            assert answer.headers["Content-Security-Policy"] == policy
            assert len(await answer.read()) == image["file_size"]


async def test_long_after_the_work_the_whole_timeline_is_replayed(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, socket(darkroom, user.key) as connection:
        topic = f"generation:{(await user.submit())['id']}"
        await follow(connection, topic)
        async with socket(darkroom, user.key) as late:
            frames = await follow(late, topic)
            assert [frame["version"] for frame in frames] == [1, 2, 3, 4]
            assert {frame["generation"]["status"] for frame in frames} == {"completed"}
        async with socket(darkroom, user.key) as resuming:
            assert [frame["version"] for frame in await follow(resuming, topic, after=2)] == [3, 4]


async def test_the_feed_shows_the_users_own_and_nobody_elses(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, darkroom.user() as other, socket(darkroom, user.key) as connection:
        await say(connection, type="subscribe", topic="generations")
        assert (await hear(connection))["type"] == "subscribed"
        await other.submit()
        mine = [(await user.submit())["id"] for _ in range(3)]
        seen: dict[str, list[int]] = {}
        while [versions[-1] for versions in seen.values()] != [4, 4, 4]:
            frame = await hear(connection)
            assert frame["topic"] == "generations"
            seen.setdefault(frame["id"], []).append(frame["version"])
        assert seen == {id_: [1, 2, 3, 4] for id_ in mine}


async def test_a_service_key_follows_everybody(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, socket(darkroom, darkroom.service_key) as connection:
        await say(connection, type="subscribe", topic="generations")
        generation = await user.submit()
        while True:
            frame = await hear(connection)
            if frame.get("id") == generation["id"]:
                break


async def test_a_change_by_hand_in_psql_is_pushed(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, socket(darkroom, user.key) as connection:
        generation = await user.submit(scheduled_at="2999-01-01T00:00:00Z")
        await say(connection, type="subscribe", topic=f"generation:{generation['id']}")
        assert [(await hear(connection))["type"] for _ in range(2)] == ["subscribed", "transition"]
        await darkroom.execute(
            "UPDATE image_generations SET status = 'failed', error_message = 'x' WHERE id = $1", generation["id"]
        )
        frame = await hear(connection)
        assert (frame["status"], frame["version"], frame["generation"]["error_message"]) == ("failed", 2, "x")


async def test_unsubscribed_hears_nothing_more(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, socket(darkroom, user.key) as connection:
        topic = f"generation:{(await user.submit())['id']}"
        await say(connection, type="subscribe", topic=topic)
        await say(connection, type="unsubscribe", ref="2", topic=topic)
        while (frame := await hear(connection))["type"] != "unsubscribed":
            assert frame["type"] in {"subscribed", "transition"}
        assert (frame["ref"], frame["topic"]) == ("2", topic)


@pytest.mark.parametrize(
    ("frame", "problem", "words"),
    [
        pytest.param("{", "invalid-frame", "not JSON", id="broken JSON"),
        pytest.param("[]", "invalid-frame", "object", id="a list"),
        pytest.param('{"type": "sing"}', "invalid-frame", "subscribe", id="unknown type"),
        pytest.param('{"type": "subscribe"}', "invalid-frame", "topic", id="no topic"),
        pytest.param('{"type": "subscribe", "topic": 5}', "invalid-frame", "topic", id="number as topic"),
        pytest.param('{"type": "subscribe", "topic": "generation:5"}', "invalid-topic", "uuid", id="bad id"),
        pytest.param('{"type": "subscribe", "topic": "all"}', "invalid-topic", "generations", id="no such topic"),
        pytest.param('{"type": "subscribe", "topic": "generations", "x": 1}', "invalid-frame", "x", id="unknown field"),
        pytest.param(f'{{"type": "subscribe", "topic": "{NONE}", "after": -1}}', "invalid-frame", "after", id="after"),
        pytest.param(f'{{"type": "subscribe", "topic": "{NONE}"}}', "not-found", "topic", id="unknown id"),
        pytest.param(f'{{"type": "{"x" * 5_000}"}}', "invalid-frame", "4096", id="too long"),
    ],
)
async def test_a_bad_frame_is_answered_and_the_socket_stays(
    darkroom: Darkroom, frame: str, problem: str, words: str
) -> None:
    async with darkroom.user() as user, socket(darkroom, user.key) as connection:
        await connection.send(frame)
        answer = await hear(connection)
        assert answer["type"] == "error"
        assert answer["problem"]["type"] == f"/problems/{problem}"
        assert words in answer["problem"]["detail"]
        await say(connection, type="subscribe", topic="generations")
        assert (await hear(connection))["type"] == "subscribed"


async def test_somebody_elses_generation_is_not_found(darkroom: Darkroom) -> None:
    async with darkroom.user() as owner, darkroom.user() as other, socket(darkroom, other.key) as connection:
        generation = await owner.submit()
        await say(connection, type="subscribe", ref="9", topic=f"generation:{generation['id']}")
        answer = await hear(connection)
        assert (answer["type"], answer["ref"], answer["problem"]["status"]) == ("error", "9", 404)


async def test_ten_bad_frames_close_the_socket(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, socket(darkroom, user.key) as connection:
        for _ in range(10):
            await connection.send("nonsense")
        assert await close_code(connection) == 4400


@pytest.mark.parametrize("way", ["header", "query", "frame"])
async def test_a_wrong_key_is_told_so_and_closed(darkroom: Darkroom, way: str) -> None:
    key, query = ("wrong" if way == "header" else None), ("?access_token=wrong" if way == "query" else "")
    async with socket(darkroom, key, query) as connection:
        if way == "frame":
            await say(connection, type="auth", token="wrong")
        assert (await hear(connection))["problem"]["type"] == "/problems/unauthorized"
        assert await close_code(connection) == 4401


async def test_a_key_in_the_query_or_in_the_first_frame_is_let_in(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        async with socket(darkroom, None, f"?access_token={user.key}") as connection:
            await say(connection, type="subscribe", topic="generations")
            assert (await hear(connection))["type"] == "subscribed"
        async with socket(darkroom, None) as connection:
            await say(connection, type="auth", token=user.key)
            await say(connection, type="subscribe", topic="generations")
            assert (await hear(connection))["type"] == "subscribed"


async def test_too_many_topics(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, socket(darkroom, user.key) as connection:
        ids = [(await user.submit(scheduled_at="2999-01-01T00:00:00Z"))["id"] for _ in range(3)]
        for _ in range(2):  # the same topics again replace themselves
            for id_ in ids:
                await say(connection, type="subscribe", topic=f"generation:{id_}")
                assert [(await hear(connection))["type"] for _ in range(2)] == ["subscribed", "transition"]


async def close_code(connection: ClientConnection) -> int | None:
    """Read until the server closes; its code."""
    try:
        async with asyncio.timeout(20):
            while True:
                check_frame(json.loads(await connection.recv()))
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


async def test_a_frame_that_cannot_be_read_is_answered_by_its_reference(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, socket(darkroom, user.key) as connection:
        for frame in ({"type": "subscribe", "topic": "x" * 101}, {"type": "subscribe", "topic": "queue", "after": 1.5}):
            await say(connection, ref="7", **frame)
            answer = await hear(connection)
            assert (answer["type"], answer["ref"]) == ("error", "7")
        for ref in (7, "x" * 65):
            await say(connection, type="subscribe", topic="queue", ref=ref)
            assert (await hear(connection))["ref"] is None
