"""The old apps' door, to the letter of the guide's 4.1."""

from typing import Any

import pytest

from tests.darkroom import Darkroom

DOOR = "/functions/v1/start-generation"
BODY = {
    "prompt": "A beautiful sunset over mountains",
    "model_id": "black-forest-labs/flux-schnell",
    "width": 1024,
    "height": 1024,
    "num_inference_steps": 4,
    "guidance_scale": 7.5,
}


@pytest.mark.parametrize("header", ["Authorization", "apikey"])
async def test_answers_as_the_guide_says(darkroom: Darkroom, header: str) -> None:
    key = "Bearer the-anon-key" if header == "Authorization" else "the-anon-key"
    async with darkroom.client(None) as http, http.post(DOOR, json=BODY, headers={header: key}) as answer:
        assert (answer.status, answer.content_type) == (200, "application/json")
        body = await answer.json()
    assert body == {
        "success": True,
        "generation_id": body["generation_id"],
        "job_id": body["generation_id"],
        "status": "queued",
        "message": "Image generation started. You will be notified when complete.",
    }
    rows = await darkroom.execute("SELECT prompt FROM image_generations WHERE id = $1", body["generation_id"])
    assert [row["prompt"] for row in rows] == [BODY["prompt"]]


@pytest.mark.parametrize(
    ("key", "body", "status", "words"),
    [
        ("the-anon-key", {}, 400, "prompt"),
        ("the-anon-key", {**BODY, "width": "wide"}, 400, "width"),
        ("the-anon-key", {**BODY, "model_id": "nobody/nothing"}, 400, "model_id"),
        ("wrong", BODY, 401, "unknown"),
    ],
)
async def test_errors_have_the_shape_the_apps_read(
    darkroom: Darkroom, key: str, body: dict[str, Any], status: int, words: str
) -> None:
    async with darkroom.client(key) as http, http.post(DOOR, json=body) as answer:
        content = await answer.json()
        assert answer.status == status
    assert content["success"] is False
    assert words in content["error"]


async def test_fields_that_only_the_old_apps_know_are_passed_by(darkroom: Darkroom) -> None:
    async with darkroom.client("the-anon-key") as http, http.post(DOOR, json={**BODY, "aspect": "wide"}) as answer:
        assert answer.status == 200
