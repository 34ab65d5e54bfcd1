"""Painted pictures: what was asked for, and always the same."""

import asyncio
import hashlib
import io
import sys

import pytest
from PIL import Image

from pipeline.providers.painter.pictures.painting import SCENES, paint
from pipeline.providers.painter.pictures.words import read_prompt
from pipeline.providers.painter.size import read_picture_request
from tests.pipeline.providers.painter.conftest import Painting
from tests.pipeline.providers.painter.process import ROOT

PROMPTS = {
    "sea": "a lighthouse at dusk, storm light, a boat and birds",
    "city": "a cat in a neon city at night",
    "mountains": "a castle in the mountains at dawn, mist",
    "forest": "a deer on an autumn forest path",
    "abstract": "quiet dreams",
    "desert": "desert under stars",
    "meadow": "balloons over a cottage in a spring meadow, red",
    "space": "a nebula",
}


@pytest.mark.parametrize(("scene", "prompt"), PROMPTS.items())
def test_words_choose_the_scene_and_it_paints_every_shape(scene: str, prompt: str) -> None:
    assert read_prompt(prompt, 1).place == scene
    for size in ((64, 64), (160, 64), (64, 160)):
        assert paint(prompt, 1, *size).size == size


def test_every_scene_is_tried_above() -> None:
    assert PROMPTS.keys() == SCENES.keys()


def test_seeds_differ() -> None:
    assert paint("a lake", 1, 64, 64).tobytes() != paint("a lake", 2, 64, 64).tobytes()


async def test_another_process_paints_the_same_bits() -> None:
    call = (
        "import hashlib; from pipeline.providers.painter.pictures.painting import paint;"
        f"print([hashlib.sha256(paint(p, 7, 96, 64).tobytes()).hexdigest() for p in {list(PROMPTS.values())!r}])"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", call, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    there, _ = await process.communicate()
    here = [hashlib.sha256(paint(prompt, 7, 96, 64).tobytes()).hexdigest() for prompt in PROMPTS.values()]
    assert there.decode().strip() == repr(here)


def test_a_very_large_picture_has_its_size() -> None:
    assert paint("quiet dreams", 1, 4096, 512).size == (4096, 512)


@pytest.mark.parametrize(
    ("given", "size"),
    [
        ({}, (1024, 1024)),
        ({"aspect_ratio": "16:9"}, (1820, 1024)),
        ({"aspect_ratio": "2:3"}, (1024, 1536)),
        ({"aspect_ratio": "16:9", "megapixels": "0.25"}, (910, 512)),
        ({"width": 512, "height": 768, "aspect_ratio": "1:1"}, (512, 768)),
    ],
)
def test_sizes(given: dict[str, object], size: tuple[int, int]) -> None:
    request, complaints = read_picture_request(given)
    assert not complaints
    assert (request.width, request.height) == size


@pytest.mark.parametrize(
    ("asked", "ending", "kind"),
    [("png", "png", "image/png"), ("webp", "webp", "image/webp"), ("jpg", "jpg", "image/jpeg")],
)
async def test_outputs_are_painted_in_the_format_asked_for(
    painting: Painting, asked: str, ending: str, kind: str
) -> None:
    async with painting(prepared=False) as painter:
        given = {"width": 96, "height": 64, "num_outputs": 2, "output_format": asked, "seed": 5}
        done = await painter.finished((await painter.create("a lake", input=given))["id"])
        assert done["logs"].startswith("Using seed: 5\n")
        assert [url.rsplit("/", 1)[1] for url in done["output"]] == [f"0.{ending}", f"1.{ending}"]
        for index, url in enumerate(done["output"]):
            status, got, content = await painter.output(url)
            assert (status, got) == (200, kind)
            image = Image.open(io.BytesIO(content))
            assert image.size == (96, 64)
            if ending == "png":
                assert image.tobytes() == paint("a lake", 5 + index, 96, 64).tobytes()


async def test_data_goes_when_its_time_is_over(painting: Painting) -> None:
    async with painting(prepared=False, output_ttl_seconds=0.3) as painter:
        created = await painter.create("a lake")
        done = await painter.finished(created["id"])
        async with asyncio.timeout(10):
            while not (gone := await painter.get(created["id"]))["data_removed"]:
                pass
        assert (gone["input"], gone["output"], gone["logs"]) == (None, None, None)
        assert gone["status"] == "succeeded"
        assert (await painter.output(done["output"][0]))[0] == 404


async def test_prepared_outputs_expire_as_well(painting: Painting) -> None:
    async with painting(output_ttl_seconds=0.1) as painter:
        created = await painter.create()
        url = f"{painter.origin}/outputs/{created['id']}/0.png"
        await painter.finished(created["id"])
        async with asyncio.timeout(10):
            while (await painter.output(url))[0] != 404:
                pass
