"""GET /v1/models and `darkroom models`: the catalogue as others see it, true to the last limit."""

import json
from datetime import date

from api.models import model_list
from pipeline.models import models
from schema.wire.model import ModelList
from tests.api.test_changes_cli import run
from tests.darkroom import Darkroom


async def test_the_door_lists_every_model(darkroom: Darkroom) -> None:
    async with darkroom.user() as user, user.http.get("/v1/models") as answer:
        assert (answer.status, answer.content_type) == (200, "application/json")
        found = await answer.json()
    assert ModelList.model_validate(found) == model_list()
    assert [model["id"] for model in found["items"]] == list(models())
    by_id = {model["id"]: model for model in found["items"]}
    schnell = by_id["black-forest-labs/flux-schnell"]
    assert (schnell["family"], schnell["price"], schnell["usual_seconds"]) == ("flux-schnell", 0.003, 4)
    assert schnell["providers"] == ["replicate", "fal"]
    assert schnell["output"] == {"format": "webp", "list": True}
    assert date.fromisoformat(schnell["price_date"]) >= date(2026, 11, 24)
    assert schnell["fields"]["num_inference_steps"] == {
        "type": "integer",
        "required": False,
        "default": 4,
        "minimum": 1,
        "maximum": 4,
        "multiple_of": None,
        "max_length": None,
        "choices": None,
    }
    # The limits of every request, where the model has none of its own.
    assert (schnell["fields"]["prompt"]["required"], schnell["fields"]["prompt"]["max_length"]) == (True, 4_000)
    assert (schnell["fields"]["width"]["minimum"], schnell["fields"]["width"]["maximum"]) == (64, 4_096)
    assert schnell["fields"]["seed"]["maximum"] == 2**53 - 1
    assert "negative_prompt" not in schnell["fields"]
    assert by_id["google/imagen-4-fast"]["fields"]["num_outputs"]["maximum"] == 1
    assert by_id["stability-ai/stable-diffusion-3.5-medium"]["price"] == 0.035
    assert "realistic_image" in by_id["recraft-ai/recraft-v3"]["fields"]["style"]["choices"]
    assert (found["by_version"]["id"], found["by_version"]["price"]) == (None, None)


async def test_the_command_line_shows_them(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        code, out, _ = await run(user, "models")
        assert code == 0
        rows = [line.split() for line in out.splitlines()]
        assert ["black-forest-labs/flux-schnell", "webp", "4", "4", "s", "0.003"] in rows
        assert ["stability-ai/sdxl", "webp", "4", "yes", "60", "s", "0.005"] in rows
        assert "as of 2026-11-24" in " ".join(out.split())
        code, out, _ = await run(user, "models", "--json")
        assert ModelList.model_validate(json.loads(out)) == model_list()
