"""Feeds: resumed without a gap, whatever was committed meanwhile and in whatever order; batches and the queue."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from websockets.asyncio.client import ClientConnection

from tests.api.test_websocket import hear, say, socket
from tests.darkroom import Darkroom, User

FAR = "2999-01-01T00:00:00Z"


async def subscribe(connection: ClientConnection, topic: str, after: str | None = None) -> dict[str, Any]:
    """Subscribe; the confirmation."""
    await say(connection, type="subscribe", topic=topic, after=after)
    confirmed = await hear(connection)
    assert confirmed["type"] == "subscribed", confirmed
    return confirmed


async def until(connection: ClientConnection, id_: str, status: str) -> list[dict[str, Any]]:
    """Read frames until the generation is in `status`."""
    frames: list[dict[str, Any]] = []
    while not frames or (frames[-1].get("id"), frames[-1].get("status")) != (id_, status):
        frames.append(await hear(connection))
    return frames


async def test_a_feed_resumes_without_a_gap(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        async with socket(darkroom, user.key) as connection:
            confirmed = await subscribe(connection, "generations")
            assert confirmed["resumed"] is False
            first = await user.submit()
            seen = await until(connection, first["id"], "completed")
            cursor = seen[-1]["cursor"]
        missed = await user.submit()
        async with socket(darkroom, user.key) as watching:
            await say(watching, type="subscribe", topic=f"generation:{missed['id']}")
            await until(watching, missed["id"], "completed")
        async with socket(darkroom, user.key) as connection:
            assert (await subscribe(connection, "generations", cursor))["resumed"] is True
            frames = await until(connection, missed["id"], "completed")
            assert [one["version"] for one in frames if one["id"] == missed["id"]] == [1, 2, 3, 4]
            live = await user.submit()
            frames = await until(connection, live["id"], "completed")
            assert [one["version"] for one in frames if one["id"] == live["id"]] == [1, 2, 3, 4]


async def test_a_change_that_commits_late_is_not_skipped(darkroom: Darkroom) -> None:
    """Its transaction begins before the cursor and commits after it: no window of time would find it."""
    async with darkroom.user() as user:
        slow = await user.submit(scheduled_at=FAR)
        psql = await asyncpg.connect(darkroom.database_url)
        held = psql.transaction()
        await held.start()
        await psql.execute("UPDATE image_generations SET status = 'cancelled' WHERE id = $1", UUID(slow["id"]))
        async with socket(darkroom, user.key) as connection:
            await subscribe(connection, "generations")
            assert (await hear(connection))["id"] == slow["id"]
            quick = await user.submit()
            cursor = (await until(connection, quick["id"], "completed"))[-1]["cursor"]
        await held.commit()
        await psql.close()
        async with socket(darkroom, user.key) as connection:
            assert (await subscribe(connection, "generations", cursor))["resumed"] is True
            frames = await until(connection, slow["id"], "cancelled")
            assert [one["version"] for one in frames if one["id"] == slow["id"]][-1] == 2


async def test_a_cursor_of_another_history_begins_anew(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, socket(darkroom, user.key) as connection:
        generation = await user.submit(scheduled_at=FAR)
        assert "cursor" not in await subscribe(connection, "generations")
        last = await hear(connection)
        assert last["id"] == generation["id"]
        cursor = last["cursor"]
        history, _, horizon = cursor.partition(":")
        for foreign in (f"ab.1.2:{horizon}", f"{history}:ffffffffffff", f"{history}:0"):
            assert (await subscribe(connection, "generations", foreign))["resumed"] is (foreign.endswith(":0"))
            frame = await hear(connection)
            assert (frame["id"], frame["version"]) == (generation["id"], 1)


async def test_a_version_the_row_never_had_begins_anew(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, socket(darkroom, user.key) as connection:
        generation = await user.submit(scheduled_at=FAR)
        await say(connection, type="subscribe", topic=f"generation:{generation['id']}", after=7)
        assert (await hear(connection))["resumed"] is False
        assert (await hear(connection))["version"] == 1


@pytest.mark.parametrize("after", ["yesterday", 5, ":1", "x:y"])
async def test_a_cursor_that_is_none_is_refused(darkroom: Darkroom, after: object) -> None:
    async with darkroom.user() as user, socket(darkroom, user.key) as connection:
        await say(connection, type="subscribe", topic="generations", after=after)
        assert "after: must be null or a cursor" in (await hear(connection))["problem"]["detail"]


async def batched(user: User, count: int) -> tuple[str, list[dict[str, Any]]]:
    """A batch of scheduled generations."""
    batch_id, members = str(uuid4()), [await user.submit(scheduled_at=FAR) for _ in range(count)]
    ids = [UUID(member["id"]) for member in members]
    sql = "UPDATE image_generations SET batch_id = $1 WHERE id = ANY ($2)"
    await user.darkroom.execute(sql, UUID(batch_id), ids)
    return batch_id, members


async def test_a_batch_tells_its_counts_and_its_generations(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, socket(darkroom, user.key) as connection:
        batch_id, members = await batched(user, 3)
        await subscribe(connection, f"batch:{batch_id}")
        frames = [await hear(connection) for _ in range(4)]
        assert {frame["id"] for frame in frames[:3]} == {member["id"] for member in members}
        assert (frames[3]["type"], frames[3]["counts"]["pending"]) == ("batch", 3)
        async with user.http.post(f"/v1/generations/{members[0]['id']}/cancel") as answer:
            assert answer.status == 200
        kinds = [await hear(connection), await hear(connection)]
        (moved,) = [frame for frame in kinds if frame["type"] == "transition"]
        (counted,) = [frame for frame in kinds if frame["type"] == "batch"]
        assert (moved["id"], moved["status"]) == (members[0]["id"], "cancelled")
        assert (counted["counts"]["pending"], counted["counts"]["cancelled"]) == (2, 1)


async def test_somebody_elses_batch_is_not_found(darkroom: Darkroom) -> None:
    async with darkroom.user() as owner, darkroom.user() as other, socket(darkroom, other.key) as connection:
        batch_id, _ = await batched(owner, 1)
        for topic in (f"batch:{batch_id}", f"batch:{uuid4()}"):
            await say(connection, type="subscribe", topic=topic)
            assert (await hear(connection))["problem"]["status"] == 404


async def test_the_queue_is_told_again_and_again(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, socket(darkroom, user.key) as connection:
        await subscribe(connection, "queue")
        for _ in range(2):
            frame = await hear(connection)
            assert frame["type"] == "queue"
            assert "replicate" in [lane["lane"] for lane in frame["lanes"]]
            assert frame["counts"].keys() == {"pending", "queued", "processing", "downloading"}
