"""Image-to-image through the whole Darkroom: a picture of its own is the source of the next one."""

import asyncio

from tests.api.test_verbs import completed
from tests.darkroom import Darkroom

SDXL = {"model_id": "stability-ai/sdxl", "width": 256, "height": 256}


async def test_a_picture_of_its_own_is_a_source_where_the_painter_paints(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        first = await completed(user, await user.submit(**SDXL))
        url = first["images"][0]["url"]
        second = await user.submit(**SDXL, source_image_url=url, strength=0.6)
        assert (second["source_image_url"], second["generation_strength"]) == (url, 0.6)
        assert (await completed(user, second))["status"] == "completed"
    ledger = darkroom.home / "painter" / "ledger.jsonl"
    facts = (await asyncio.to_thread(ledger.read_text)).splitlines()
    assert any('"prompt_strength":0.6' in fact and '"image":"data:image/png;base64,' in fact for fact in facts)


async def test_a_source_that_is_not_there_fails_with_a_reason_and_nothing_is_bought(darkroom: Darkroom) -> None:
    async with darkroom.user() as user:
        generation = await user.submit(**SDXL, source_image_url=f"{darkroom.url}/images/nothing.png")
        path = f"/v1/generations/{generation['id']}"
        async with asyncio.timeout(30):
            while (found := await (await user.http.get(path)).json())["status"] != "failed":
                pass
    assert found["error_message"] == "the source picture cannot be used: 127.0.0.1 answered 404"
    assert found["replicate_prediction_id"] is None


async def test_the_old_door_leaves_no_source_out_in_silence(darkroom: Darkroom) -> None:
    body = {"prompt": "a lighthouse", "width": 512, "source_image_url": "https://example.org/cat.png"}
    door = "/functions/v1/start-generation"
    async with darkroom.client("the-anon-key") as http, http.post(door, json=body) as answer:
        assert answer.status == 400
        assert "source_image_url: black-forest-labs/flux-schnell does not take it" in (await answer.json())["error"]
