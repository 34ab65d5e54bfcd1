"""The catalogue: every family asks its model for what the model wants, and says no by name and limit."""

from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.errors import Invalid
from pipeline.models import catalogue, family_of, models, tells_progress
from pipeline.models.family import FIELDS, Family
from schema.wire.http import DEFAULT_MODEL, GenerationRequest

ASKED = {"prompt": "a lighthouse", "seed": 7}
WEBP = {"output_format": "webp", "output_quality": 90}
SQUARE = {"width": 1024, "height": 1024}

EVERY: dict[str, dict[str, Any]] = {
    "black-forest-labs/flux-schnell": {"num_inference_steps": 4, "num_outputs": 1, "aspect_ratio": "1:1", **WEBP},
    "black-forest-labs/flux-dev": {
        **SQUARE, "num_inference_steps": 30, "guidance_scale": 3.0, "num_outputs": 1, **WEBP
    },
    "black-forest-labs/flux-krea-dev": {
        **SQUARE, "num_inference_steps": 30, "guidance_scale": 3.0, "num_outputs": 1, **WEBP
    },
    "black-forest-labs/flux-1.1-pro": {"aspect_ratio": "1:1", "safety_tolerance": 2, **WEBP},
    "ideogram-ai/ideogram-v3-turbo": {"aspect_ratio": "1:1", "style_type": "Auto"},
    "google/imagen-4-fast": {"aspect_ratio": "1:1", "output_format": "png"},
    "bytedance/sdxl-lightning-4step": {
        **SQUARE, "num_inference_steps": 4, "guidance_scale": 0, "num_outputs": 1, **WEBP
    },
    "stability-ai/sdxl": {
        **SQUARE, "num_inference_steps": 30, "guidance_scale": 7.5, "num_outputs": 1,
        "refine": "expert_ensemble_refiner", "high_noise_frac": 0.8,
    },
    "bytedance/seedream-4": {"size": "1K", "aspect_ratio": "1:1", "max_images": 1},
    "bytedance/seedream-3": {**SQUARE, "guidance_scale": 2.5, "aspect_ratio": "custom"},
    "recraft-ai/recraft-v3-svg": {"size": "1024x1024", "style": "vector_illustration"},
    "recraft-ai/recraft-v3": {"size": "1024x1024", "style": "realistic_image"},
    "stability-ai/stable-diffusion-3.5-large": {"aspect_ratio": "1:1", "cfg": 5.0, "steps": 30, **WEBP},
    "stability-ai/stable-diffusion-3.5-medium": {"aspect_ratio": "1:1", "cfg": 5.0, "steps": 30, **WEBP},
    "qwen/qwen-image": {
        "aspect_ratio": "1:1", "num_inference_steps": 30, "guidance": 3.0, "go_fast": True,
        "image_size": "optimize_for_quality", **WEBP,
    },
    "openai/gpt-image-2": {"n": 1, "size": "1024x1024", "quality": "medium", "output_format": "webp"},
}  # fmt: skip
"""What each model is asked for a prompt alone, besides the prompt and, where it takes one, the seed."""
SEEDLESS = {
    "openai/gpt-image-2",
    "google/imagen-4-fast",
    "bytedance/seedream-4",
    "recraft-ai/recraft-v3",
    "recraft-ai/recraft-v3-svg",
}


def asked(model_id: str, *, version: str | None = None, **request: Any) -> dict[str, Any]:
    """The provider's input for a request."""
    family = family_of(model_id, version)
    return family.provider_input(family.complete(model_id, {"prompt": "a lighthouse", **request}))


def test_every_model_is_in_the_table_above() -> None:
    assert EVERY.keys() == models().keys()
    assert DEFAULT_MODEL in models()


@pytest.mark.parametrize("model_id", EVERY)
def test_a_prompt_is_enough(model_id: str) -> None:
    given: dict[str, Any] = {"seed": 7} if model_id not in SEEDLESS else {}
    assert asked(model_id, **given) == {"prompt": "a lighthouse", **given, **EVERY[model_id]}


def test_a_model_outside_the_catalogue_is_called_by_version_alone() -> None:
    inputs = asked("somebody/some-model", version="a" * 64, seed=7)
    assert inputs == ASKED, "nobody asked for a size, steps or guidance"
    asked_for = {"width": 640, "num_inference_steps": 12, "guidance_scale": 3.5, "aspect_ratio": "4:5"}
    assert asked("somebody/some-model", version="a" * 64, **asked_for) == {"prompt": "a lighthouse", **asked_for}
    with pytest.raises(Invalid, match=r"is not in the catalogue .*flux-schnell.*give model_version"):
        family_of("somebody/some-model", None)


@pytest.mark.parametrize(
    ("model_id", "size", "inputs"),
    [
        ("black-forest-labs/flux-schnell", (1920, 1080), {"aspect_ratio": "16:9"}),
        ("black-forest-labs/flux-schnell", (500, 4000), {"aspect_ratio": "9:21"}),
        ("google/imagen-4-fast", (2100, 900), {"aspect_ratio": "16:9"}),
        ("recraft-ai/recraft-v3", (1600, 900), {"size": "1820x1024"}),
        ("recraft-ai/recraft-v3-svg", (300, 400), {"size": "1024x1365"}),
        ("bytedance/seedream-4", (1024, 768), {"size": "1K", "aspect_ratio": "4:3"}),
        ("bytedance/seedream-4", (1025, 1024), {"size": "2K", "aspect_ratio": "1:1"}),
        ("bytedance/seedream-4", (2304, 4095), {"size": "2K", "aspect_ratio": "9:16"}),
        ("bytedance/seedream-4", (4096, 4096), {"size": "4K", "aspect_ratio": "1:1"}),
        ("stability-ai/sdxl", (768, 1344), {"width": 768, "height": 1344}),
    ],
)
def test_sizes_become_what_the_model_calls_them(model_id: str, size: tuple[int, int], inputs: dict[str, Any]) -> None:
    given = asked(model_id, width=size[0], height=size[1])
    assert {name: given[name] for name in inputs} == inputs
    assert ("width" in given) == ("width" in inputs)


SOURCE = "https://example.org/cat.png"


@pytest.mark.parametrize(
    ("model_id", "strength", "inputs"),
    [
        ("black-forest-labs/flux-dev", 0.8, {"image": SOURCE, "prompt_strength": 0.2}),
        ("black-forest-labs/flux-krea-dev", 0.25, {"image": SOURCE, "prompt_strength": 0.75}),
        ("stability-ai/sdxl", 0.8, {"image": SOURCE, "prompt_strength": 0.8}),
        ("bytedance/sdxl-lightning-4step", 0.8, {"image": SOURCE, "strength": 0.8}),
        ("bytedance/seedream-4", None, {"image_input": [SOURCE], "aspect_ratio": "match_input_image"}),
        ("qwen/qwen-image", 1, {"image": SOURCE, "strength": 1}),
        ("stability-ai/stable-diffusion-3.5-large", 0, {"image": SOURCE, "prompt_strength": 0}),
    ],
)
def test_image_to_image(model_id: str, strength: float | None, inputs: dict[str, Any]) -> None:
    given = asked(model_id, source_image_url=SOURCE, strength=strength)
    assert {name: given[name] for name in inputs} == inputs


def test_a_size_that_is_asked_for_goes_before_the_sources() -> None:
    inputs = asked("bytedance/seedream-4", source_image_url=SOURCE, width=1920, height=1080)
    assert (inputs["aspect_ratio"], inputs["size"]) == ("16:9", "2K")


NO_SOURCE = set(EVERY) - {
    "black-forest-labs/flux-dev",
    "black-forest-labs/flux-krea-dev",
    "stability-ai/sdxl",
    "bytedance/sdxl-lightning-4step",
    "bytedance/seedream-4",
    "qwen/qwen-image",
    "stability-ai/stable-diffusion-3.5-large",
    "stability-ai/stable-diffusion-3.5-medium",
}


@pytest.mark.parametrize("model_id", sorted(NO_SOURCE))
def test_a_model_that_takes_no_source_says_so(model_id: str) -> None:
    with pytest.raises(Invalid, match=f"{model_id} does not take it") as refused:
        asked(model_id, source_image_url=SOURCE)
    assert refused.value.field == "source_image_url"


@pytest.mark.parametrize("strength", [0.0, 0.5])
def test_a_strength_that_is_not_taken_says_so(strength: float) -> None:
    with pytest.raises(Invalid, match="bytedance/seedream-4 does not take it") as refused:
        asked("bytedance/seedream-4", source_image_url=SOURCE, strength=strength)
    assert refused.value.field == "strength"


def test_what_says_nothing_is_no_request() -> None:
    assert asked(DEFAULT_MODEL, negative_prompt="", style="", num_outputs=1, guidance_scale=None) == asked(
        DEFAULT_MODEL
    )


def test_the_old_door_leaves_out_and_brings_within_limits() -> None:
    old = {
        "prompt": "a lighthouse",
        "negative_prompt": "fog",
        "width": 1021,
        "height": 64,
        "num_inference_steps": 30,
        "guidance_scale": 7.5,
        "seed": 7,
        "strength": 0.5,
        "style": "baroque",
        "num_outputs": 4,
    }
    for model_id, family in models().items():
        inputs = family.provider_input(family.complete(model_id, family.forgive(old)))
        assert inputs["prompt"] == "a lighthouse"
    lightning = models()["bytedance/sdxl-lightning-4step"].forgive(old)
    assert (lightning["num_inference_steps"], lightning["guidance_scale"]) == (4, 0)
    assert (lightning["width"], lightning["height"], lightning["negative_prompt"]) == (1024, 256, "fog")
    schnell = models()[DEFAULT_MODEL].forgive(old)
    assert (schnell["num_inference_steps"], schnell["guidance_scale"], schnell["num_outputs"]) == (4, None, 4)


def test_the_old_door_never_leaves_a_source_picture_out() -> None:
    family = models()[DEFAULT_MODEL]
    with pytest.raises(Invalid, match="does not take it"):
        family.complete(DEFAULT_MODEL, family.forgive({"prompt": "x", "source_image_url": SOURCE}))


def test_every_sheet_is_whole() -> None:
    for family in catalogue().values():
        assert set(family.fields) <= set(FIELDS) <= set(GenerationRequest.model_fields)
        assert family.fields["prompt"].input == "prompt"
        assert bool(family.price) == bool(family.usual_seconds) == bool(family.models)
        assert ("source_image_url" in family.fields) >= ("strength" in family.fields)
        sized = {"width", "height"} & set(family.fields)
        assert sized == {"width", "height"}
        assert all(family.fields[name].input or family.shape for name in sized)


def test_progress_is_asked_for_where_a_run_takes_seconds() -> None:
    assert tells_progress("stability-ai/sdxl")
    assert tells_progress("somebody/some-model")
    assert not tells_progress(DEFAULT_MODEL)


@pytest.mark.parametrize("typo", [{"usual_second": 3}, {"fields": {"prompt": {"inptu": "prompt"}}}])
def test_a_word_that_no_sheet_knows_is_an_error(typo: dict[str, Any]) -> None:
    sheet = {"name": "x", "models": [], "output": {"format": "any", "list": True}, "fields": {}}
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Family.model_validate({**sheet, **typo})
