"""POST /v1/generations: what is accepted, and what is refused with the field's name, its limit, and nothing written."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.darkroom import Darkroom


async def test_accepted_with_its_address_and_the_defaults(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        async with user.http.post("/v1/generations", json={"prompt": "a lighthouse"}) as answer:
            body = await answer.json()
            assert answer.status == 202
            assert answer.headers["Location"] == f"/v1/generations/{body['id']}"
        assert body["job_id"] == body["id"]
        assert (body["status"], body["version"], body["user_id"]) == ("queued", 1, user.id)
        assert (body["model_id"], body["steps"], body["width"]) == ("black-forest-labs/flux-schnell", 4, 1024)
        assert isinstance(body["seed"], int)
        assert body["images"] == []


async def test_a_scheduled_one_is_pending(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        assert (await user.submit(scheduled_at=at))["status"] == "pending"


REFUSED: list[tuple[str, Any, int, str, str]] = [
    ("no prompt", {}, 422, "prompt", "required"),
    ("empty prompt", {"prompt": ""}, 422, "prompt", "at least 1 character"),
    ("blank prompt", {"prompt": " \n"}, 422, "prompt", "blank"),
    ("long prompt", {"prompt": "x" * 4_001}, 422, "prompt", "at most 4000 characters"),
    ("NUL in the prompt", {"prompt": "a\u0000b"}, 422, "prompt", "U+0000"),
    ("prompt of 1 MB", {"prompt": "x" * 2**20}, 413, "body", "262144 bytes"),
    ("number as prompt", {"prompt": 5}, 422, "prompt", "valid string"),
    ("unknown model", {"model_id": "nobody/nothing"}, 422, "model_id", "not in the catalogue"),
    ("no model's name", {"model_id": "flux"}, 422, "model_id", "pattern"),
    ("no version", {"model_id": "stability-ai/sdxl:latest"}, 422, "model_id", "pattern"),
    (
        "two versions",
        {"model_id": f"stability-ai/sdxl:{'a' * 64}", "model_version": "b" * 64},
        422,
        "model_version",
        "another one than model_id has",
    ),
    ("no ratio", {"aspect_ratio": "wide"}, 422, "aspect_ratio", "such as 16:9"),
    ("a ratio and a line break", {"aspect_ratio": "16:9\n"}, 422, "aspect_ratio", "such as 16:9"),
    ("a ratio of nothing", {"aspect_ratio": "0:0"}, 422, "aspect_ratio", "such as 16:9"),
    ("a ratio and a size", {"aspect_ratio": "1:1", "width": 512}, 422, "aspect_ratio", "either the ratio or the size"),
    (
        "a ratio that the model does not take",
        {"model_id": "google/imagen-4-fast", "aspect_ratio": "21:9"},
        422,
        "aspect_ratio",
        "takes 1:1, 16:9, 4:3, 9:16, 3:4; not 21:9",
    ),
    ("a size in one", {"size": "1024x1024"}, 422, "size", "send width and height in pixels, or aspect_ratio"),
    ("another service's number", {"n": 2}, 422, "n", "send num_outputs"),
    ("another service's model", {"model": "stability-ai/sdxl"}, 422, "model", "send model_id"),
    ("negative width", {"width": -1}, 422, "width", "greater than or equal to 64"),
    ("a billion pixels", {"width": 31_623, "height": 31_623}, 422, "height", "less than or equal to 4096"),
    ("text as number", {"width": "512"}, 422, "width", "valid integer"),
    ("bool as number", {"width": True}, 422, "width", "valid integer"),
    ("fraction as steps", {"num_inference_steps": 1.5}, 422, "num_inference_steps", "valid integer"),
    ("too many steps for the model", {"num_inference_steps": 5}, 422, "num_inference_steps", "1 to 4"),
    ("strength past one", {"strength": 1.1}, 422, "strength", "less than or equal to 1"),
    ("five outputs", {"num_outputs": 5}, 422, "num_outputs", "less than or equal to 4"),
    ("huge seed", {"seed": 2**63}, 422, "seed", "less than"),
    ("priority", {"priority": 101}, 422, "priority", "less than or equal to 100"),
    ("no moment", {"scheduled_at": 17}, 422, "scheduled_at", "ISO 8601"),
    ("moment without offset", {"scheduled_at": "2026-01-01T00:00:00"}, 422, "scheduled_at", "timezone"),
    ("attempts", {"max_attempts": 11}, 422, "max_attempts", "less than or equal to 10"),
    ("unknown field", {"promt": "x"}, 422, "promt", "not permitted"),
    ("metadata too large", {"metadata": {"a": "x" * 5_000}}, 422, "metadata", "4096 bytes"),
    ("metadata no object", {"metadata": [1]}, 422, "metadata", "dictionary"),
    ("webhook nowhere", {"webhook_url": "ftp://x"}, 422, "webhook_url", "http"),
    ("a webhook inside", {"webhook_url": "https://10.0.0.1/x"}, 422, "webhook_url", "not on the public internet"),
    ("a webhook at the metadata", {"webhook_url": "http://169.254.169.254/"}, 422, "webhook_url", "public internet"),
    ("a webhook in disguise", {"webhook_url": "https://0xa9fea9fe/x"}, 422, "webhook_url", "no usual way"),
    ("a webhook with a password", {"webhook_url": "https://a:b@example.org/x"}, 422, "webhook_url", "password"),
    ("an endless webhook", {"webhook_url": f"https://example.org/{'x' * 2_000}"}, 422, "webhook_url", "at most 2000"),
    ("a deadline gone by", {"deadline": "2020-01-01T00:00:00Z"}, 422, "deadline", "in the future"),
    (
        "a source for a model that takes none",
        {"source_image_url": "https://example.org/x"},
        422,
        "source_image_url",
        "flux-schnell does not take it",
    ),
    (
        "a source inside",
        {"model_id": "stability-ai/sdxl", "source_image_url": "https://169.254.169.254/latest"},
        422,
        "source_image_url",
        "not on the public internet",
    ),
    (
        "a source in disguise",
        {"model_id": "stability-ai/sdxl", "source_image_url": "https://0xa9fea9fe/latest"},
        422,
        "source_image_url",
        "no usual way",
    ),
    (
        "a source with a password",
        {"model_id": "stability-ai/sdxl", "source_image_url": "https://a:b@example.org/x"},
        422,
        "source_image_url",
        "password",
    ),
    ("strength without a source", {"model_id": "stability-ai/sdxl", "strength": 0.5}, 422, "strength", "source"),
    ("what the model does not take", {"negative_prompt": "fog"}, 422, "negative_prompt", "flux-schnell does not take"),
    ("guidance where there is none", {"guidance_scale": 7.5}, 422, "guidance_scale", "flux-schnell does not take"),
    (
        "two of a model that makes one",
        {"model_id": "google/imagen-4-fast", "num_outputs": 2},
        422,
        "num_outputs",
        "one picture at a time",
    ),
    ("a seed nobody hears of", {"model_id": "google/imagen-4-fast", "seed": 1}, 422, "seed", "does not take"),
    ("no style of this model", {"model_id": "recraft-ai/recraft-v3", "style": "baroque"}, 422, "style", "one of any"),
    ("an odd size", {"model_id": "stability-ai/sdxl", "width": 1001}, 422, "width", "a multiple of 8"),
    ("too small for the model", {"model_id": "bytedance/seedream-3", "width": 500}, 422, "width", "512 to 2048"),
    ("a list", [1, 2], 422, "(body)", "dictionary"),
]


CASES = [pytest.param(*case[1:], id=case[0]) for case in REFUSED]


@pytest.mark.parametrize(("body", "status", "field", "limit"), CASES)
async def test_refused_by_field_and_limit_with_nothing_written(
    darkroom: Darkroom, body: Any, status: int, field: str, limit: str
) -> None:
    if isinstance(body, dict) and field not in ("prompt", "body"):
        body = {"prompt": "a lighthouse", **body}
    await refused(darkroom, json.dumps(body).encode(), status, field, limit)


@pytest.mark.parametrize(
    ("raw", "status", "field", "limit"),
    [
        pytest.param(b'{"prompt": "x", "guidance_scale": NaN}', 422, "guidance_scale", "finite", id="NaN"),
        pytest.param(b'{"prompt": "x", "strength": Infinity}', 422, "strength", "finite", id="Infinity"),
        pytest.param(b'{"prompt": "x"', 400, "body", "not JSON", id="broken JSON"),
        pytest.param(b"", 400, "body", "not JSON", id="nothing"),
        pytest.param(b"\xff\xfe", 400, "body", "not JSON", id="no text"),
        pytest.param(b'{"prompt": "\\ud800"}', 422, "prompt", "half of a surrogate pair", id="half a character"),
        pytest.param(b"[" * 100_000, 422, "body", "at most 500 levels deep", id="deep"),
    ],
)
async def test_refused_bytes(darkroom: Darkroom, raw: bytes, status: int, field: str, limit: str) -> None:
    await refused(darkroom, raw, status, field, limit)


async def refused(darkroom: Darkroom, raw: bytes, status: int, field: str, limit: str) -> None:
    async with darkroom.user() as user:
        async with user.http.post("/v1/generations", data=io.BytesIO(raw)) as answer:
            problem = await answer.json(content_type="application/problem+json")
            assert answer.status == problem["status"] == status, problem
        assert problem["type"].startswith("/problems/")
        assert field in problem["detail"]
        assert limit in problem["detail"]
        if status == 422:
            assert field in {error["field"] for error in problem["errors"]}
        assert await user.rows() == 0


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_a_wrong_method_is_told_the_right_ones(darkroom: Darkroom, method: str) -> None:
    async with darkroom.user() as user, user.http.request(method, "/v1/generations", json={"prompt": "x"}) as answer:
        problem = await answer.json(content_type="application/problem+json")
        assert (answer.status, problem["type"]) == (405, "/problems/method-not-allowed")
        assert "POST" in answer.headers["Allow"] or "GET" in answer.headers["Allow"]
        assert await user.rows() == 0


async def test_an_address_that_is_none(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, user.http.get("/v1/nothing") as answer:
        assert (await answer.json(content_type="application/problem+json"))["type"] == "/problems/not-found"


@pytest.mark.parametrize("door", ["/v1/generations", "/functions/v1/start-generation"])
async def test_a_version_behind_a_models_name_is_taken_apart(darkroom: Darkroom, door: str) -> None:
    version = "a" * 64
    async with darkroom.client(darkroom.service_key) as service:
        body = {"prompt": "a lighthouse", "model_id": f"somebody/some-model:{version}", "seed": 3}
        async with service.post(door, json=body) as answer:
            made = await answer.json()
            assert answer.status in (200, 202), made
        async with service.get(f"/v1/generations/{made.get('generation_id') or made['id']}") as answer:
            generation = await answer.json()
    shown = (generation["model"], generation["model_id"], generation["model_version"])
    assert shown == ("somebody/some-model", "somebody/some-model", version)
    (row,) = await darkroom.execute("SELECT input FROM image_generations WHERE id = $1", generation["id"])
    assert json.loads(row["input"]) == {"prompt": "a lighthouse", "seed": 3}, "no default that nobody asked for"


async def test_a_version_behind_the_name_is_the_same_request_as_one_beside_it(darkroom: Darkroom) -> None:
    version = "c" * 64
    async with darkroom.client(darkroom.service_key) as service:
        made = []
        for body in ({"model_id": f"o/n:{version}"}, {"model_id": "o/n", "model_version": version}):
            headers = {"Idempotency-Key": "one-and-the-same"}
            async with service.post("/v1/generations", json={"prompt": "x", **body}, headers=headers) as answer:
                made.append((await answer.json())["id"])
        other = {"prompt": "x", "model_id": f"o/n:{'d' * 64}"}
        async with service.post("/v1/generations", json=other, headers=headers) as answer:
            assert answer.status == 409
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("model_id", "size"), [("black-forest-labs/flux-schnell", (1368, 768)), ("stability-ai/sdxl", (1368, 768))]
)
async def test_an_aspect_ratio_becomes_a_size(darkroom: Darkroom, model_id: str, size: tuple[int, int]) -> None:
    async with darkroom.user() as user:
        generation = await user.submit(model_id=model_id, aspect_ratio="16:9")
        assert (generation["width"], generation["height"]) == size
        sql = "SELECT input FROM image_generations WHERE id = $1"
        (row,) = await darkroom.execute(sql, generation["id"])
    inputs = json.loads(row["input"])
    assert inputs.get("aspect_ratio") == "16:9" or (inputs["width"], inputs["height"]) == size
