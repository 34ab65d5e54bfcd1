"""Aspect ratios: each model takes them as its sheet has it, or says which it takes."""

from typing import Any

import pytest

from pipeline.errors import Invalid
from pipeline.models import Family, models, ratios_of
from tests.pipeline.models.test_catalogue import NO_SOURCE, SOURCE

SHAPED = {model_id: family for model_id, family in models().items() if family.shape}
FREE = {model_id: family for model_id, family in models().items() if not family.shape}


def asked(family: Family, model_id: str, *, forgiving: bool = False, **request: Any) -> dict[str, Any]:
    """The provider's input for a request."""
    wanted = family.sized(model_id, {"prompt": "a lighthouse", **request}, forgiving=forgiving)
    return family.provider_input(family.complete(model_id, family.forgive(wanted) if forgiving else wanted))


@pytest.mark.parametrize("model_id", SHAPED)
def test_every_shape_of_a_model_can_be_asked_for_by_its_ratio(model_id: str) -> None:
    family = SHAPED[model_id]
    assert family.shape is not None
    for choice, ratio in zip(family.shape.choices, ratios_of(family.shape), strict=False):
        chosen = asked(family, model_id, aspect_ratio=ratio)[family.shape.input]
        assert chosen == choice


@pytest.mark.parametrize("model_id", FREE)
@pytest.mark.parametrize("ratio", ["1:1", "16:9", "9:16", "3:2", "2.39:1", "1:2", "21:9"])
def test_a_model_that_takes_sizes_gets_one_of_that_ratio(model_id: str, ratio: str) -> None:
    inputs = asked(FREE[model_id], model_id, aspect_ratio=ratio)
    across, down = map(float, ratio.split(":"))
    assert inputs["width"] / inputs["height"] == pytest.approx(across / down, rel=0.02)
    assert 0.5 <= inputs["width"] * inputs["height"] / 1024**2 <= 1.02


def test_a_ratio_does_not_ask_for_a_larger_tier() -> None:
    family = models()["bytedance/seedream-4"]
    inputs = asked(family, "bytedance/seedream-4", aspect_ratio="16:9")
    assert (inputs["size"], inputs["aspect_ratio"]) == ("1K", "16:9")


@pytest.mark.parametrize(
    ("model_id", "ratio", "words"),
    [
        ("openai/gpt-image-2", "16:9", "gpt-image-2 takes 1:1, 3:2, 2:3; not 16:9"),
        ("recraft-ai/recraft-v3", "21:9", r"takes 1:1, 4:3, 3:4, 3:2, .*; not 21:9"),
        ("stability-ai/sdxl", "99999:1", "makes no picture as long as 99999:1; give width and height"),
        ("bytedance/sdxl-lightning-4step", "10:1", "makes no picture as long as 10:1"),
    ],
)
def test_a_ratio_that_is_not_taken_says_what_is(model_id: str, ratio: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        asked(models()[model_id], model_id, aspect_ratio=ratio)
    assert refused.value.field == "aspect_ratio"
    # The old apps' server takes the nearest one.
    assert asked(models()[model_id], model_id, aspect_ratio=ratio, forgiving=True)


@pytest.mark.parametrize("size", [{"width": 640}, {"height": 640}, {"width": 640, "height": 640}])
def test_a_ratio_beside_a_size_is_refused_and_the_old_door_goes_by_the_size(size: dict[str, Any]) -> None:
    sdxl = models()["stability-ai/sdxl"]
    with pytest.raises(Invalid, match="either the ratio or the size") as refused:
        asked(sdxl, "stability-ai/sdxl", aspect_ratio="16:9", **size)
    assert refused.value.field == "aspect_ratio"
    inputs = asked(sdxl, "stability-ai/sdxl", aspect_ratio="16:9", forgiving=True, **size)
    assert {name: inputs[name] for name in size} == size


@pytest.mark.parametrize("model_id", sorted(set(models()) - NO_SOURCE))
def test_a_ratio_goes_before_the_sources_own_shape(model_id: str) -> None:
    family = models()[model_id]
    inputs = asked(family, model_id, aspect_ratio="1:1", source_image_url=SOURCE)
    assert inputs.get("aspect_ratio", "1:1") == "1:1"
