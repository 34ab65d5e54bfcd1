"""Whose turn it is, on the Procfile's own processes: 5,000 of one user keep nobody waiting, and urgent goes first."""

from datetime import datetime
from typing import Any

import aiohttp
import asyncpg

from pipeline.api_keys import key_hash, new_key
from pipeline.ids import new_id
from tests.acceptance.surroundings import Surroundings, surroundings

CAP = 10
BATCHES = 50
BATCH = {"prompts": ["a lighthouse"] * 100, "settings": {"width": 256, "height": 256}}
ONE = {"prompt": "a harbour", "width": 256, "height": 256}

_STARTS = """
    SELECT CAST(entry->>'at' AS timestamptz) AS at FROM image_generations, jsonb_array_elements(timeline) AS entry
    WHERE entry->>'status' = 'processing' AND id <> $1 AND prompt = 'a lighthouse'
"""


async def key_of(house: Surroundings, user_id: str) -> str:
    """A key for somebody new."""
    key = new_key()
    connection = await asyncpg.connect(house.stack.env["DATABASE_URL"])
    insert = "INSERT INTO api_keys (id, key_hash, name, user_id, role) VALUES ($1, $2, $3, $3, 'user')"
    await connection.execute(insert, new_id(), key_hash(key), user_id)
    await connection.close()
    return key


async def started(house: Surroundings, generation: dict[str, Any]) -> tuple[float, list[datetime]]:
    """When a generation was begun, waited for; and when each of the many was."""
    await house.until("jsonb_path_exists(timeline, '$[*] ? (@.status == \"processing\")')", [generation["id"]])
    connection = await asyncpg.connect(house.stack.env["DATABASE_URL"])
    sql = "SELECT timeline->1->>'at' FROM image_generations WHERE id = $1"
    at = datetime.fromisoformat(await connection.fetchval(sql, generation["id"]))
    many = [row["at"] for row in await connection.fetch(_STARTS, generation["id"])]
    await connection.close()
    return at.timestamp(), many


async def test_one_that_comes_after_five_thousand_waits_for_no_more_than_what_flies() -> None:
    env = {"MAX_PARALLEL_JOBS": str(CAP), "PAINTER_SECONDS": "0.3-0.5", "PAINTER_PREPARED": "true"}
    async with surroundings(**env) as house:
        for _ in range(BATCHES):
            async with house.http.post("/v1/batches", json=BATCH) as answer:
                assert answer.status == 202, await answer.text()
        headers = {"Authorization": f"Bearer {await key_of(house, 'b')}"}
        async with (
            aiohttp.ClientSession(house.stack.url, headers=headers) as b,
            b.post("/v1/generations", json=ONE) as sent,
        ):
            other = await sent.json()
        begun, many = await started(house, other)
        submitted = datetime.fromisoformat(other["created_at"]).timestamp()
        before = [at for at in many if submitted < at.timestamp() < begun]
        assert len(many) < BATCHES * 100 // 2, "most of the many still wait"
        assert len(before) <= CAP
        async with house.http.post("/v1/generations", json={**ONE, "priority": 10}) as sent:
            urgent = await sent.json()
        begun, many = await started(house, urgent)
        submitted = datetime.fromisoformat(urgent["created_at"]).timestamp()
        assert len([at for at in many if submitted < at.timestamp() < begun]) <= CAP
        assert len(many) < BATCHES * 100 // 2
