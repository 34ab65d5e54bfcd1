"""Models with a page: what they refuse, and what their outputs look like."""

import asyncio
import io
from typing import Any

import pytest
from PIL import Image

from pipeline.providers.painter.pages import PAGES
from pipeline.providers.painter.pages.versions import VERSIONS
from tests.pipeline.providers.painter.caller import Caller
from tests.pipeline.providers.painter.conftest import Painting

FLUX = "black-forest-labs/flux-schnell"
SDXL = "stability-ai/sdxl"
VERSION = VERSIONS[SDXL][0]


async def bought(painter: Caller, model: str, given: dict[str, Any]) -> tuple[int, Any]:
    """The answer to a purchase, at the address where the model is sold."""
    if versions := VERSIONS.get(model):
        return await painter.ask("POST", "/v1/predictions", json={"version": versions[0], "input": given})
    return await painter.ask("POST", f"/v1/models/{model}/predictions", json={"input": given})


@pytest.mark.parametrize(
    ("model", "given", "named"),
    [
        (FLUX, {"prompt": "x", "width": 512}, "- input.width: is not an input of this model; it has aspect_ratio, "),
        (FLUX, {}, "- input: prompt is required"),
        (FLUX, {"prompt": 7}, "- input.prompt: Invalid type. Expected: string"),
        (FLUX, {"prompt": "x", "num_inference_steps": 5}, "num_inference_steps: Must be less than or equal to 4"),
        (FLUX, {"prompt": "x", "num_outputs": 0}, "- input.num_outputs: Must be greater than or equal to 1"),
        (FLUX, {"prompt": "x", "num_outputs": 1.0}, "- input.num_outputs: Invalid type. Expected: integer"),
        (FLUX, {"prompt": "x", "num_outputs": True}, "- input.num_outputs: Invalid type. Expected: integer"),
        (FLUX, {"prompt": "x", "aspect_ratio": "7:5"}, "- input.aspect_ratio: must be one of the following: '1:1', "),
        (FLUX, {"prompt": "x", "go_fast": 1}, "- input.go_fast: Invalid type. Expected: boolean"),
        (SDXL, {"guidance_scale": "7"}, "- input.guidance_scale: Invalid type. Expected: number"),
        (SDXL, {"guidance_scale": 0.5}, "- input.guidance_scale: Must be greater than or equal to 1"),
        (SDXL, {"image": "file:///etc/passwd"}, "- input.image: Does not match format 'uri'"),
        (SDXL, {"image": "data:text/html;base64,eA=="}, "- input.image: Does not match format 'uri'"),
        (SDXL, {"width": 8192}, "- input.width: must be a whole number from 64 to 4096"),
        ("bytedance/seedream-4", {"prompt": "x", "image_input": "https://x/y"}, "Expected: array"),
        ("bytedance/seedream-4", {"prompt": "x", "image_input": ["https://x/y"] * 11}, "at most 10 items"),
    ],
)  # fmt: skip
async def test_what_a_page_does_not_have_is_refused(
    painter: Caller, model: str, given: dict[str, Any], named: str
) -> None:
    status, problem = await bought(painter, model, given)
    assert (status, problem["title"]) == (422, "Input validation failed")
    assert named in problem["detail"]
    assert problem["invalid_fields"]
    _, listed = await painter.ask("GET", "/v1/predictions")
    assert listed["results"] == []


async def test_a_community_model_is_sold_by_version_only(painter: Caller) -> None:
    body = {"input": {"prompt": "x"}}
    status, problem = await painter.ask("POST", f"/v1/models/{SDXL}/predictions", json=body)
    assert (status, problem["detail"]) == (404, "The requested resource could not be found.")
    for version in (SDXL, f"{SDXL}:{'a' * 64}"):
        status, problem = await painter.ask("POST", "/v1/predictions", json=body | {"version": version})
        assert (status, problem["title"]) == (422, "Invalid version or not permitted")
    for version in (VERSION, f"{SDXL}:{VERSION}"):
        status, made = await painter.ask("POST", "/v1/predictions", json=body | {"version": version})
        assert (status, made["model"], made["version"]) == (201, SDXL, VERSION)


async def test_a_model_tells_its_newest_version(painter: Caller) -> None:
    status, told = await painter.ask("GET", f"/v1/models/{SDXL}")
    assert (status, told["owner"], told["latest_version"]) == (200, "stability-ai", {"id": VERSION})
    status, told = await painter.ask("GET", f"/v1/models/{FLUX}")
    assert (status, told["latest_version"]) == (200, None)
    assert (await painter.ask("GET", "/v1/models/nobodys/model"))[0] == 404


@pytest.mark.parametrize("version", [FLUX, f"{FLUX}:{'a' * 64}"])
async def test_a_page_holds_for_a_version_that_names_its_model(painter: Caller, version: str) -> None:
    body = {"version": version, "input": {"prompt": "x", "width": 512}}
    assert (await painter.ask("POST", "/v1/predictions", json=body))[0] == 422


PICTURED: list[tuple[str, dict[str, Any], str, tuple[int, int], int]] = [
    (FLUX, {"num_outputs": 2, "aspect_ratio": "3:2", "megapixels": "0.25"}, "png", (768, 512), 2),
    ("black-forest-labs/flux-dev", {"width": 256, "height": 320, "output_format": "webp"}, "webp", (256, 320), 1),
    ("google/imagen-4-fast", {"output_format": "png"}, "png", (1024, 1024), 1),
    ("ideogram-ai/ideogram-v3-turbo", {}, "png", (1024, 1024), 1),
    (SDXL, {"width": 64, "height": 96, "num_outputs": 3}, "png", (64, 96), 3),
    ("recraft-ai/recraft-v3", {"size": "1024x1280"}, "webp", (1024, 1280), 1),
    ("recraft-ai/recraft-v3-svg", {"size": "1365x1024"}, "svg", (1365, 1024), 1),
    ("bytedance/seedream-4", {"size": "1K", "aspect_ratio": "16:9", "max_images": 2}, "jpg", (1024, 576), 1),
    (
        "bytedance/seedream-4",
        {"size": "1K", "max_images": 2, "sequential_image_generation": "auto"},
        "jpg",
        (1024, 1024),
        2,
    ),
]


async def test_outputs_have_their_models_shape_number_format_and_size(painting: Painting) -> None:
    async with painting(prepared=False) as painter:
        for model, given, ending, size, count in PICTURED:
            asked = {"prompt": "quiet dreams", "seed": 5, **given}
            if "seed" not in PAGES[model].inputs:
                del asked["seed"]
            if ending == "png" and "output_format" in PAGES[model].inputs:
                asked["output_format"] = "png"
            status, made = await bought(painter, model, asked)
            assert status == 201, made
            output = (await painter.finished(made["id"]))["output"]
            assert isinstance(output, str) is PAGES[model].single
            urls = [output] if isinstance(output, str) else output
            assert [url.rpartition("/")[2] for url in urls] == [f"{index}.{ending}" for index in range(count)]
            _, kind, content = await painter.output(urls[-1])
            assert kind == {"svg": "image/svg+xml", "jpg": "image/jpeg"}.get(ending, f"image/{ending}")
            if ending == "svg":
                assert content.startswith(b'<svg xmlns="http://www.w3.org/2000/svg" width="1365" height="1024"')
            else:
                assert (await asyncio.to_thread(Image.open, io.BytesIO(content))).size == size
