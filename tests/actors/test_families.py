"""Every model of the catalogue, from the door's row to its stored pictures, painted for real."""

import asyncio
from typing import Any
from uuid import UUID

import aiohttp
from aiohttp import web

from api.auth.identity import Identity
from api.generations.submission import submission_of
from pipeline.doorbell import Bell
from pipeline.egress import Guard
from pipeline.media.picture import examine
from pipeline.media.prolog import is_svg
from pipeline.models import models
from pipeline.providers.painter.pages import PAGES
from schema.statuses import Status
from schema.wire.http import GenerationRequest
from tests.actors.lab import PATIENCE, Hands, Lab
from tests.pipeline.providers.painter.caller import Caller
from tests.pipeline.providers.replicate.liar import lying
from tests.rows import statuses

DEVELOPED = ["queued", "processing", "downloading", "completed"]
SVG = "recraft-ai/recraft-v3-svg"
PAINTED = {"google/imagen-4-fast": "png", SVG: "svg", "bytedance/seedream-3": "jpg"}
"""Some models and their pages' formats; painting takes long, so the other pictures are the painter's ready one."""


async def submit(lab: Lab, model_id: str) -> UUID:
    """A row as the door makes it: two pictures where the model makes several."""
    several = models()[model_id].fields.get("num_outputs")
    request = GenerationRequest(prompt="quiet dreams", model_id=model_id, num_outputs=2 if several else 1)
    return await lab.submit(**submission_of(request, Identity("somebody", "user"), Guard(), ["replicate"]))


async def developed(lab: Lab, hands: Hands, painter: Caller, rows: dict[str, UUID]) -> None:
    """Buy and develop all of `rows`, and check that each was bought once and has all its pictures."""
    await hands.buy()
    assert {model_id: (await lab.row(id_)).error_message for model_id, id_ in rows.items()} == dict.fromkeys(rows)
    for sold in lab.sold():
        async with asyncio.timeout(PATIENCE * 6):
            while (await painter.get(sold.id))["completed_at"] is None:
                pass
    # A webhook that is just being committed holds its row: whoever looks then passes it by, and looks again.
    async with asyncio.timeout(PATIENCE * 6):
        while Status.PROCESSING in {(await lab.row(id_)).status for id_ in rows.values()}:
            await lab.age()
            await hands.watcher.look()
            await hands.develop()
    for model_id, generation_id in rows.items():
        row, images = await lab.row(generation_id), await lab.images(generation_id)
        assert (statuses(row), row.attempt_number) == (DEVELOPED, 1), (model_id, row.error_message)
        assert [image.idx for image in images] == list(range(row.num_outputs)), model_id
        for image in images:
            data = await asyncio.to_thread((lab.settings.home / "pictures" / image.storage_path).read_bytes)
            assert is_svg(data) if image.format == "svg" else examine(data).extension == image.format
    assert len(lab.sold()) == len(rows)


async def test_every_model_is_sold_and_stored_with_all_its_pictures(lab: Lab, painter: Caller, hands: Hands) -> None:
    rows = {
        model_id: await submit(lab, model_id) for model_id in models() if models()[model_id].provider == "replicate"
    }
    await developed(lab, hands, painter, rows)
    assert {PAGES[sold.model].single for sold in lab.sold()} == {True, False}  # one address, and a list of them
    assert {len(await lab.images(id_)) for id_ in rows.values()} == {1, 2}


async def test_pictures_have_the_format_of_their_content_and_drawings_are_served_as_such(
    lab: Lab, hands: Hands
) -> None:
    async with lab.painting(prepared=False) as painter:
        rows = {model_id: await submit(lab, model_id) for model_id in PAINTED}
        await developed(lab, hands, painter, rows)
    for model_id, generation_id in rows.items():
        (image,) = await lab.images(generation_id)
        assert (image.format, image.width, image.height) == (PAINTED[model_id], 1024, 1024)
    async with aiohttp.request("GET", (await lab.images(rows[SVG]))[0].public_url) as answer:
        assert (answer.status, answer.content_type) == (200, "image/svg+xml")
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'; style-src 'unsafe-inline'"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert is_svg(await answer.read())


def giving(output: Any, body: bytes, **prediction: Any) -> Any:
    """A provider that answers every purchase at once with `output`, and every address with `body`."""

    async def answer(request: web.BaseRequest) -> web.Response:
        if request.method == "GET":
            return web.Response(body=body, content_type="image/png")
        given = [f"http://{request.headers['Host']}{path}" for path in output] if isinstance(output, list) else output
        return web.json_response({"id": "p1", "status": "succeeded", "output": given, **prediction}, status=201)

    return answer


async def test_a_drawing_is_cleaned_whatever_its_name_says(lab: Lab) -> None:
    """An address that ends in .png and says it is one."""
    body = (
        b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 30" onload="alert(1)"><script>alert(1)</script>'
        b'<image href="https://evil.example/x"/><circle r="5"/></svg>'
    )
    async with lying(giving(["/a.png", "/b.webp"], body)) as liar, lab.hands(replicate_api_url=liar.url) as hands:
        generation_id = await lab.submit(num_outputs=2)
        await hands.buy()
        await lab.rung(Bell.COLLECT)
        await hands.develop()
    images = await lab.images(generation_id)
    assert [(image.format, image.width, image.height) for image in images] == [("svg", 40, 30)] * 2
    for image in images:
        data = await asyncio.to_thread((lab.settings.home / "pictures" / image.storage_path).read_bytes)
        assert data == b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 30"><circle r="5"></circle></svg>'
        assert image.file_size == len(data)


async def test_a_prediction_that_was_aborted_is_tried_again_and_says_why(lab: Lab) -> None:
    async with (
        asyncio.timeout(PATIENCE),
        lying(giving(None, b"", status="aborted")) as liar,
        lab.hands(replicate_api_url=liar.url) as hands,
    ):
        generation_id = await lab.submit(max_attempts=1)
        await hands.buy()
        await lab.rung(Bell.COLLECT)
        await hands.collect.turns.take()
    row = await lab.row(generation_id)
    why = "the provider aborted the prediction before it began; it was not billed"
    assert (row.status, row.error_message) == ("failed", f"gave up after 1 of 1 attempts: {why}")
