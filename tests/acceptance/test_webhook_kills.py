"""The Procfile's processes are killed while webhooks are under way: each event comes at least once, under one id."""

import asyncio
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import asyncpg
import pytest

from pipeline.embedded.background import BackgroundStack
from schema.statuses import FINAL
from tests.acceptance.follower import follow
from tests.acceptance.test_kills import KILLED, kill, submit_all
from tests.pipeline.webhooks.receiver import Answer, Receiver, answering, cutting, hanging, receiving

GENERATIONS = 12
_LATER = "UPDATE deliveries SET due_at = now() WHERE due_at > now()"
"""Leases of killed workers end, and what waits for its next try waits no longer."""


def key_of(house: BackgroundStack) -> str:
    """The development key."""
    return (Path(house.stack.env["DARKROOM_HOME"]) / "api-key").read_text().strip()


async def psql(house: BackgroundStack, sql: str) -> list[asyncpg.Record]:
    """Run SQL as a person in psql would."""
    connection = await asyncpg.connect(house.stack.env["DATABASE_URL"])
    try:
        rows: list[asyncpg.Record] = await connection.fetch(sql)
        return rows
    finally:
        await connection.close()


async def secret_of(house: BackgroundStack) -> str:
    """What signs the webhooks of the development key's owner."""
    headers = {"Authorization": f"Bearer {key_of(house)}"}
    async with (
        aiohttp.ClientSession(house.stack.url, headers=headers) as http,
        http.get("/v1/webhooks/secret") as answer,
    ):
        found: str = (await answer.json())["secret"]
        return found


async def submit(house: BackgroundStack, receiver: Receiver, count: int) -> list[str]:
    """POST so many generations with this webhook; their ids."""
    return await submit_all(house.stack.url, key_of(house), count, webhook_url=receiver.url)


async def delivered(house: BackgroundStack, count: int) -> None:
    """Let time pass until so many events are delivered, and nothing waits any more."""
    sql = "SELECT state, count(*) AS number FROM deliveries GROUP BY state"
    async with asyncio.timeout(60):
        while {row["state"]: row["number"] for row in await psql(house, sql)} != {"delivered": count}:
            await psql(house, _LATER)


async def test_a_worker_killed_between_sending_and_writing_down_sends_again(house: BackgroundStack) -> None:
    async with receiving() as receiver:
        receiver.answers.append(hanging)
        await submit(house, receiver, 1)
        await receiver.until(1)
        await asyncio.to_thread(kill, house, "worker")
        (held,) = await psql(house, "SELECT * FROM deliveries")
        assert (held["state"], held["attempts"]) == ("sending", 1)
        await psql(house, _LATER)
        first, second = await receiver.until(2)
        await delivered(house, 1)
    assert (first.id, first.body) == (second.id, second.body)
    second.verify(await secret_of(house))
    (row,) = await psql(house, "SELECT tries->0->'status' AS lost, tries->1->>'status' AS told FROM deliveries")
    assert (row["lost"], row["told"]) == (None, "200")


@pytest.mark.timeout(300)
async def test_every_process_killed_and_every_end_told(house: BackgroundStack) -> None:
    """By a receiver that fails, cuts and refuses half of the time as long as anything is developed."""
    dice = Random(7)
    bad: list[Answer] = [answering(500), answering(302, Location="/x"), cutting, answering(503, Retry_After="1")]
    async with receiving() as receiver:
        receiver.answers += [dice.choice([answering(200), dice.choice(bad)]) for _ in range(GENERATIONS)]
        ids = await submit(house, receiver, GENERATIONS)
        followers = [asyncio.create_task(follow(house.stack.url, key_of(house), id_, 120)) for id_ in ids]
        for name in KILLED:
            await asyncio.to_thread(kill, house, name)
        await asyncio.gather(*followers)
        rows = await psql(house, "SELECT id, version, status FROM image_generations")
        await delivered(house, GENERATIONS)
    ends = {(str(row["id"]), row["version"], f"generation.{row['status']}") for row in rows}
    assert {row["status"] for row in rows} <= FINAL
    secret = await secret_of(house)
    told: dict[str, tuple[Any, ...]] = {}
    for came in receiver.received:
        came.verify(secret)
        data = came.event["data"]
        about = (data["id"], data["version"], came.event["type"], came.body)
        assert told.setdefault(came.id, about) == about
    assert {about[:3] for about in told.values()} == ends
    assert len(told) == GENERATIONS
