"""The faults of the old mapping, each shown not to be carried over. Source: reference list of the families.

Behind the mapping: that a format is told by its content and that every output is stored, tests/actors/test_families.py
shows; that nothing is failed while another attempt is to come, tests/actors/test_attempts.py.
"""

import pytest

from pipeline.errors import Invalid
from pipeline.models import family_of, models
from tests.pipeline.models.test_catalogue import asked

SEVERAL = {
    "openai/gpt-image-2": "n",
    "black-forest-labs/flux-schnell": "num_outputs",
    "black-forest-labs/flux-dev": "num_outputs",
    "black-forest-labs/flux-krea-dev": "num_outputs",
    "bytedance/sdxl-lightning-4step": "num_outputs",
    "stability-ai/sdxl": "num_outputs",
    "bytedance/seedream-4": "max_images",
}
"""Models that make several pictures, and their own name for how many."""


@pytest.mark.parametrize("model_id", SEVERAL)
def test_the_number_of_outputs_is_asked_for(model_id: str) -> None:
    assert asked(model_id, num_outputs=3)[SEVERAL[model_id]] == 3


def test_several_pictures_of_seedream_are_asked_for_in_the_mode_that_makes_several() -> None:
    assert asked("bytedance/seedream-4", num_outputs=2)["sequential_image_generation"] == "auto"
    assert "sequential_image_generation" not in asked("bytedance/seedream-4")


@pytest.mark.parametrize("model_id", sorted(models().keys() - SEVERAL))
def test_a_model_that_makes_one_says_so(model_id: str) -> None:
    with pytest.raises(Invalid, match=f"{model_id} makes one picture at a time") as refused:
        asked(model_id, num_outputs=2)
    assert refused.value.field == "num_outputs"


@pytest.mark.parametrize(
    "model_id",
    [
        "stability-ai/sdxl",
        "bytedance/sdxl-lightning-4step",
        "stability-ai/stable-diffusion-3.5-large",
        "qwen/qwen-image",
    ],
)
def test_the_negative_prompt_is_sent(model_id: str) -> None:
    assert asked(model_id, negative_prompt="fog")["negative_prompt"] == "fog"


@pytest.mark.parametrize(
    "model_id",
    ["flux-schnell", "flux-dev", "flux-krea-dev", "flux-1.1-pro"],
)
def test_flux_is_given_its_seed(model_id: str) -> None:
    assert asked(f"black-forest-labs/{model_id}", seed=7)["seed"] == 7


@pytest.mark.parametrize(
    "name",
    [
        "black-forest-labs/flux-krea-dev-lora",
        "black-forest-labs/flux-kontext-dev",
        "somebody/flux-dev",
        "black-forest-labs/flux-dev-x",
        "bytedance/sdxl-lightning-8step",
        "recraft-ai/recraft-v3-svg-2",
    ],
)
def test_a_family_is_not_told_by_a_part_of_a_name(name: str) -> None:
    with pytest.raises(Invalid, match="not in the catalogue"):
        family_of(name, None)
    assert family_of(name, "a" * 64).name == "any"


@pytest.mark.parametrize(
    ("model_id", "family"),
    [
        ("black-forest-labs/flux-krea-dev", "flux-dev"),
        ("recraft-ai/recraft-v3-svg", "recraft-v3-svg"),
        ("recraft-ai/recraft-v3", "recraft-v3"),
        ("bytedance/sdxl-lightning-4step", "sdxl-lightning"),
        ("stability-ai/sdxl", "sdxl"),
    ],
)
def test_names_that_hold_each_other_are_kept_apart(model_id: str, family: str) -> None:
    assert family_of(model_id, None).name == family
