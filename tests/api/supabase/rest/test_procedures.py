"""`rpc/enqueue_job` beside the function of the same name in SQL: the same job comes of both."""

import json
import re
from typing import Any
from uuid import UUID

import pytest

from pipeline.embedded.procfile import CHECKOUT
from schema.old_design import JOB_TYPES
from tests.api.conftest import Web

PAYLOAD = {
    "prompt": "a lighthouse",
    "model_id": "stability-ai/sdxl",
    "steps": 20,
    "generation_strength": None,
    "seed": 7,
}
SAME = ("prompt", "model_id", "steps", "seed", "priority", "max_attempts", "width", "height", "num_outputs", "user_id")


def test_knows_the_job_types_of_the_database() -> None:
    sql = (CHECKOUT / "schema" / "sql" / "check_job.sql").read_text()
    listed = re.search(r"job_type NOT IN \((.*?)\)", sql, re.DOTALL)
    assert listed
    assert set(re.findall(r"'([\w-]+)'", listed[1])) == JOB_TYPES


async def test_makes_what_the_function_makes(web: Web) -> None:
    async with web.darkroom.user("service") as service, web.darkroom.user() as user:
        payload = {**PAYLOAD, "user_id": user.id}
        sql = "SELECT enqueue_job('generate-image', $1::text::jsonb, 5, 2) AS id"
        ((by_sql,),) = await web.darkroom.execute(sql, json.dumps(payload))
        called = {"p_job_type": "generate-image", "p_payload": payload, "p_priority": 5, "p_max_attempts": 2}
        async with service.http.post("/rest/v1/rpc/enqueue_job", json=called) as answer:
            assert answer.status == 200, await answer.text()
            by_call = UUID(await answer.json())
        made = await _row(web, by_call)
        asked = await _row(web, by_sql)
        # What came by SQL is completed by the clock: its size is the model's own by then.
        compared = [name for name in SAME if asked[name] is not None]
        assert len(compared) >= 8
        assert {name: made[name] for name in compared} == {name: asked[name] for name in compared}
        assert (made["status"], made["user_id"]) == ("queued", user.id)


async def test_who_enqueues_owns_it_whatever_the_payload_says(web: Web) -> None:
    async with web.darkroom.user() as user, web.darkroom.user() as other:
        called = {"p_job_type": "generate-image", "p_payload": {"prompt": "a reef", "user_id": other.id}}
        async with user.http.post("/rest/v1/rpc/enqueue_job", json=called) as answer:
            assert (await _row(web, UUID(await answer.json())))["user_id"] == user.id
        assert await other.rows() == 0


@pytest.mark.parametrize("name", ["*", "+"])
async def test_nobody_owns_a_generation_by_a_name_that_has_a_meaning_in_limits(web: Web, name: str) -> None:
    async with web.darkroom.user("service") as service:
        called = {"p_job_type": "generate-image", "p_payload": {"prompt": "a reef", "user_id": name}}
        async with service.http.post("/rest/v1/rpc/enqueue_job", json=called) as answer:
            assert (answer.status, (await answer.json())["code"]) == (400, "22023")
        inserted = {"prompt": "a reef", "user_id": name}
        async with service.http.post("/rest/v1/image_generations", json=inserted) as answer:
            assert (answer.status, (await answer.json())["code"]) == (400, "22023")
    assert await web.darkroom.execute("SELECT id FROM image_generations") == []


async def _row(web: Web, generation_id: UUID) -> Any:
    (row,) = await web.darkroom.execute("SELECT * FROM image_generations WHERE id = $1", generation_id)
    return row
