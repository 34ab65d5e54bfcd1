"""A snapshot that is cut short: no cursor says more than was sent."""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg

from tests.api.conftest import Web
from tests.api.gateway.load import submit_many
from tests.api.test_feed import subscribe
from tests.api.test_websocket import hear, say, socket

MISSED = 350
"""More than three pages."""


async def cut_after(web: Web, key: str, after: str | None, enough: Callable[[list[dict[str, Any]]], bool]) -> Any:
    """Subscribe, read transitions until they are `enough` and cut the connection off; the transitions."""
    async with socket(web.darkroom, key) as connection:
        await say(connection, type="subscribe", topic="generations", after=after)
        assert (await hear(connection))["type"] == "subscribed"
        frames: list[dict[str, Any]] = []
        while not enough(frames):
            frames.append(await hear(connection))
        connection.transport.abort()
    return frames


async def test_whoever_is_cut_off_in_the_middle_goes_on_there(web: Web) -> None:
    async with web.darkroom.user() as user:
        async with socket(web.darkroom, user.key) as connection:
            cursor = (await subscribe(connection, "generations"))["cursor"]
        # A few in each transaction: within one there is no place to go on at.
        ids = {one for _ in range(MISSED // 7) for one in await submit_many(web.state, user.id, 7, "short")}
        seen: list[str] = []
        rounds = 0

        def all_of(frames: list[dict[str, Any]]) -> bool:
            return ids == {*seen, *(frame["id"] for frame in frames)}

        while set(seen) != ids:
            frames = await cut_after(web, user.key, cursor, lambda frames: len(frames) == 120 or all_of(frames))
            seen += [frame["id"] for frame in frames]
            cursor = frames[-1]["cursor"]
            rounds += 1
            assert rounds < 10, "it does not get on"
        assert len(seen) <= MISSED + 7 * rounds, "it begins again and again where it began"


async def test_a_first_snapshot_has_no_cursor_until_all_of_it_was_sent(web: Web) -> None:
    async with web.darkroom.user() as user:
        ids = await submit_many(web.state, user.id, 5, "short")
        frames = await cut_after(web, user.key, None, lambda frames: len(frames) == 5)
        assert {frame["id"] for frame in frames} == set(ids)
        assert [frame["cursor"] is None for frame in frames] == [True, True, True, True, False]


async def test_what_commits_while_the_snapshot_is_sent_comes_after_it(web: Web) -> None:
    """One transaction is open while the feed is resumed and commits in the middle of it."""
    async with web.darkroom.user() as user:
        async with socket(web.darkroom, user.key) as connection:
            cursor = (await subscribe(connection, "generations"))["cursor"]
        ids = await submit_many(web.state, user.id, MISSED, "short")
        psql = await asyncpg.connect(web.darkroom.database_url)
        held = psql.transaction()
        await held.start()
        await psql.execute("UPDATE image_generations SET status = 'cancelled' WHERE id = $1::text::uuid", ids[0])
        async with socket(web.darkroom, user.key) as connection:
            await subscribe(connection, "generations", cursor)
            frames = [await hear(connection) for _ in range(50)]
            await held.commit()
            await psql.close()
            async with asyncio.timeout(20):
                while (frames[-1]["id"], frames[-1]["status"]) != (ids[0], "cancelled"):
                    frames.append(await hear(connection))
            mine = [(frame["version"], frame["status"]) for frame in frames if frame["id"] == ids[0]]
            assert mine == [(1, "queued"), (2, "cancelled")]
            assert len({(frame["id"], frame["version"]) for frame in frames}) == len(frames)
