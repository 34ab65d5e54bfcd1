"""`darkroom submit`."""

import asyncio
import json

from tests.api.cli.conftest import Darkroom
from tests.api.client.history import PICTURE, STAGES, generation
from tests.api.client.scripted_door import ScriptedDoor

TWO = ("/images/p/one.png", "/images/p/two.png")


def expect(door: ScriptedDoor, row: dict[str, object]) -> str:
    """The server answers POST with `row`."""
    door.submitted = str(row["id"])
    door.generations[door.submitted] = row
    return door.submitted


async def test_it_sends_what_was_said_and_prints_the_id(door: ScriptedDoor, darkroom: Darkroom) -> None:
    id_ = expect(door, generation("queued"))
    options = "--model a/b --width 512 --height 640 --steps 4 --guidance 2.5 --seed 7 --num-outputs 2 --priority -3"
    plain, document = await asyncio.gather(
        darkroom("submit", "a cat", *options.split(), "--negative", "dogs"), darkroom("--json", "submit", "a cat")
    )
    source = "--image https://example.org/cat.png --strength 0.6 --style line_art --aspect-ratio 16:9"
    await darkroom("submit", "a cat", *source.split())
    assert {
        "prompt": "a cat",
        "source_image_url": "https://example.org/cat.png",
        "strength": 0.6,
        "style": "line_art",
        "aspect_ratio": "16:9",
    } in door.bodies
    assert plain == (0, f"{id_}\n", f"Watch it develop: darkroom watch {id_}\n")
    assert json.loads(document.out) == door.generations[id_]
    assert {"prompt": "a cat"} in door.bodies
    assert {
        "prompt": "a cat",
        "model_id": "a/b",
        "width": 512,
        "height": 640,
        "num_inference_steps": 4,
        "guidance_scale": 2.5,
        "seed": 7,
        "negative_prompt": "dogs",
        "num_outputs": 2,
        "priority": -3,
    } in door.bodies


async def test_watching_into_a_pipe_gives_plain_lines(door: ScriptedDoor, darkroom: Darkroom) -> None:
    id_ = expect(door, generation())
    ended = await darkroom("submit", "a cat", "--watch")
    assert ended == (
        0,
        f"queued       {id_}\n"
        "processing   queued took 0.02 s\n"
        "downloading  processing took 1.84 s\n"
        "completed    downloading took 0.45 s, 2.31 s in all\n"
        f"{door.url}/images/p/one.png\n",
        "",
    )


async def test_out_watches_and_saves_every_picture(door: ScriptedDoor, darkroom: Darkroom) -> None:
    expect(door, generation(pictures=TWO))
    lines, plain = await asyncio.gather(
        darkroom("submit", "a cat", "--out", "j.png", "--json"), darkroom("submit", "a cat", "--out", "cat.png")
    )
    assert plain.code == lines.code == 0
    assert plain.out.splitlines()[-2:] == ["cat.png", "cat-2.png"]
    assert (darkroom.folder / "cat-2.png").read_bytes() == PICTURE
    frames = [json.loads(line) for line in lines.out.splitlines()]
    assert [frame["status"] for frame in frames] == list(STAGES)
    assert [frame.get("files") for frame in frames] == [None, None, None, ["j.png", "j-2.png"]]


async def test_a_picture_that_cannot_be_saved_shows_its_address(door: ScriptedDoor, darkroom: Darkroom) -> None:
    expect(door, generation(pictures=["/images/gone.png"]))
    ended = await darkroom("submit", "a cat", "--out", "cat.png")
    assert ended.code == 1
    assert ended.out.splitlines()[-1] == f"{door.url}/images/gone.png"
    assert "completed, but cat.png could not be saved" in ended.err


async def test_a_broken_limit_is_printed_with_its_option(darkroom: Darkroom) -> None:
    ended = await darkroom("submit", "a cat", "--width", "9999")
    assert ended == (
        2,
        "",
        "darkroom: The request breaks a limit\n  width (--width): must be between 64 and 4096\n",
    )


async def test_a_missing_folder_is_found_before_anything_is_paid_for(door: ScriptedDoor, darkroom: Darkroom) -> None:
    ended = await darkroom("submit", "a cat", "--out", "nowhere/cat.png")
    assert ended.code == 2
    assert "there is no folder nowhere" in ended.err
    assert door.bodies == []
