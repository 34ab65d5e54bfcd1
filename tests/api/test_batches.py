"""Batches: accepted whole or not at all, counted from their rows, called off and tried again together."""

import io
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.api.test_feed import subscribe, until
from tests.api.test_verbs import FAR
from tests.api.test_websocket import hear, socket
from tests.darkroom import Darkroom, User


async def submit(user: User, *prompts: Any, **settings: Any) -> dict[str, Any]:
    """POST a batch; what is shown of it."""
    async with user.http.post(
        "/v1/batches", json={"prompts": prompts, "settings": settings, "name": "tiles"}
    ) as answer:
        assert answer.status == 202, await answer.text()
        batch: dict[str, Any] = await answer.json()
        assert answer.headers["Location"] == f"/v1/batches/{batch['id']}"
        return batch


async def call(user: User, batch: dict[str, Any], verb: str) -> dict[str, Any]:
    """POST one of its verbs; what is shown then."""
    async with user.http.post(f"/v1/batches/{batch['id']}/{verb}") as answer:
        assert answer.ok, await answer.text()
        shown: dict[str, Any] = await answer.json()
        return shown


async def test_every_prompt_becomes_a_generation_with_the_shared_settings(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, socket(darkroom, user.key) as connection:
        own = {"prompt": "a harbour", "negative_prompt": "people", "seed": 7}
        batch = await submit(user, "a lighthouse", own, model_id="stability-ai/sdxl", width=256, height=256, seed=5)
        assert (batch["name"], batch["total"], batch["user_id"]) == ("tiles", 2, user.id)
        assert batch["settings"] == {"model_id": "stability-ai/sdxl", "width": 256, "height": 256, "seed": 5}
        assert [member["index"] for member in batch["generations"]] == [0, 1]
        await subscribe(connection, f"batch:{batch['id']}")
        while (frame := await hear(connection)).get("counts", {}).get("completed") != 2:
            assert frame["type"] in {"transition", "batch"}
        async with user.http.get(f"/v1/batches/{batch['id']}") as answer:
            assert (await answer.json())["counts"]["completed"] == 2
        async with user.http.get("/v1/generations", params={"batch_id": batch["id"]}) as answer:
            made = {item["batch_index"]: item for item in (await answer.json())["items"]}
        assert [(made[n]["prompt"], made[n]["negative_prompt"], made[n]["seed"]) for n in (0, 1)] == [
            ("a lighthouse", None, 5),
            ("a harbour", "people", 7),
        ]
        assert {(one["model_id"], one["width"]) for one in made.values()} == {("stability-ai/sdxl", 256)}


BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"prompts": []}, "prompts"),
    ({"prompts": ["x"] * 101}, "prompts"),
    ({"prompts": ["x", " "]}, "prompts.1.prompt"),
    ({"prompts": ["x", {"prompt": "y", "width": 64}]}, "prompts.1.width"),
    ({"prompts": ["x"], "settings": {"prompt": "y"}}, "settings.prompt"),
    ({"prompts": ["x"], "settings": {"width": 63}}, "settings.width"),
    ({"prompts": ["x", "y"], "settings": {"num_inference_steps": 5}}, "prompts.0.num_inference_steps"),
    ({"prompts": ["x"], "name": ""}, "name"),
    ({"prompts": ["x"], "more": 1}, "more"),
    ({"prompts": "x"}, "prompts"),
]


@pytest.mark.parametrize(("body", "field"), BROKEN)
async def test_a_broken_limit_is_named_and_nothing_is_accepted(
    darkroom: Darkroom, body: dict[str, Any], field: str
) -> None:
    async with darkroom.user() as user:
        async with user.http.post("/v1/batches", json=body) as answer:
            problem = await answer.json()
            assert (answer.status, problem["type"]) == (422, "/problems/invalid-request")
            assert field in {error["field"] for error in problem["errors"]}
        assert await user.rows() == 0


async def test_a_body_that_is_too_large_is_refused(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        async with user.http.post("/v1/batches", data=io.BytesIO(b"[" * (2 * 2**20 + 1))) as answer:
            assert answer.status == 413
        assert await user.rows() == 0


async def test_the_same_key_makes_one_batch(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        body, headers = {"prompts": ["a", "b"], "settings": {"scheduled_at": FAR}}, {"Idempotency-Key": str(uuid4())}
        made = []
        for _ in range(2):
            async with user.http.post("/v1/batches", json=body, headers=headers) as answer:
                made.append(((await answer.json())["id"], answer.headers.get("Idempotency-Replayed")))
        assert made == [(made[0][0], None), (made[0][0], "true")]
        assert await user.rows() == 2
        async with user.http.post("/v1/batches", json={"prompts": ["a"]}, headers=headers) as answer:
            assert answer.status == 409
        async with user.http.post("/v1/generations", json={"prompt": "a"}, headers=headers) as answer:
            assert answer.status == 409
        assert await user.rows() == 2


async def test_what_failed_is_tried_again_and_the_rest_stays(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, socket(darkroom, user.key) as connection:
        batch = await submit(user, "a", "b", "c", scheduled_at=FAR)
        first, second, _ = (member["id"] for member in batch["generations"])
        sql = "UPDATE image_generations SET status = $2, due_at = NULL WHERE id = $1"
        await darkroom.execute(sql, UUID(first), "failed")
        await darkroom.execute(sql, UUID(second), "cancelled")
        await subscribe(connection, f"batch:{batch['id']}")
        again = await call(user, batch, "retry-failed")
        assert (again["counts"]["failed"], again["counts"]["cancelled"], again["counts"]["pending"]) == (0, 1, 1)
        await until(connection, first, "completed")
        assert (await call(user, batch, "retry-failed"))["counts"]["completed"] == 1


async def test_whatever_is_not_final_is_called_off(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, socket(darkroom, user.key) as connection:
        batch = await submit(user, *"abcde", scheduled_at=FAR)
        done = batch["generations"][0]["id"]
        await darkroom.execute("UPDATE image_generations SET status = 'failed' WHERE id = $1", UUID(done))
        await subscribe(connection, f"batch:{batch['id']}")
        for _ in range(2):
            counts = (await call(user, batch, "cancel"))["counts"]
            assert (counts["failed"], counts["cancelled"]) == (1, 4)
        while (frame := await hear(connection))["type"] != "batch" or frame["counts"]["cancelled"] != 4:
            pass
