"""Source pictures: fetched within limits, looked at, and sent as they are or smaller."""

import base64
from io import BytesIO
from typing import Any

import pytest
from aiohttp import web
from PIL import Image

from pipeline.egress import Guard
from pipeline.embedded.ports import any_free_port
from pipeline.errors import SourceRefused, SourceUnreachable
from pipeline.media.inspection import InspectionPool
from pipeline.media.inspection.limits import MAX_SENT_BYTES
from pipeline.media.source import MAX_BYTES, fetch_source
from tests.pipeline.egress.hosts import LOOPBACK, Handler, guard, serving
from tests.pipeline.media.samples import HEIGHT, WIDTH, sample
from tests.pipeline.media.test_picture import png_of

PATIENCE = 10.0


def giving(body: bytes = b"", status: int = 200, **headers: str) -> Handler:
    """A server that answers every request alike."""

    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response(body=body, status=status, headers={**headers, "Content-Type": "application/octet-stream"})

    return answer


async def fetched(handler: Handler, timeout: float = PATIENCE) -> str:
    """What becomes of a source that `handler` gives."""
    async with serving(handler) as port, InspectionPool() as inspections:
        return await fetch_source(Guard(LOOPBACK), inspections, f"http://127.0.0.1:{port}/cat", timeout)


def picture_in(uri: str) -> tuple[str, bytes]:
    """The content type and the bytes of a data: address."""
    head, _, body = uri.partition(";base64,")
    return head.removeprefix("data:"), base64.b64decode(body)


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "gif"])
async def test_a_small_one_is_sent_as_it_is(kind: str) -> None:
    assert picture_in(await fetched(giving(sample(kind)))) == (f"image/{kind}", sample(kind))


@pytest.mark.parametrize(
    ("size", "mode", "kind", "options"),
    [
        ((3000, 1500), "RGB", "jpeg", {"quality": 95}),
        ((700, 700), "RGB", "png", {}),
        ((900, 1200), "RGBA", "png", {}),
        ((1200, 900), "L", "png", {}),
    ],
)
async def test_a_large_one_is_made_smaller(
    size: tuple[int, int], mode: str, kind: str, options: dict[str, Any]
) -> None:
    noise = Image.effect_noise(size, 90).convert(mode)
    if mode == "RGBA":
        noise.putalpha(128)
    data = saved(noise, kind, **options)
    assert MAX_SENT_BYTES < len(data) < MAX_BYTES
    content_type, sent = picture_in(await fetched(giving(data)))
    assert (content_type, len(sent) <= MAX_SENT_BYTES) == ("image/webp", True)
    with Image.open(BytesIO(sent)) as smaller:
        assert smaller.mode == ("RGBA" if mode == "RGBA" else "RGB")
        assert smaller.width / smaller.height == pytest.approx(size[0] / size[1], rel=0.01)
        assert max(smaller.size) >= 512


async def test_one_that_is_made_smaller_stands_upright() -> None:
    lying = Image.effect_noise((1600, 800), 90).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: to be turned right
    data = saved(lying, "jpeg", quality=95, exif=exif)
    _, sent = picture_in(await fetched(giving(data)))
    with Image.open(BytesIO(sent)) as upright:
        assert upright.height > upright.width


NOT_TAKEN: list[tuple[str, Handler, str]] = [
    ("not there", giving(status=404), "127.0.0.1 answered 404"),
    ("gone", giving(status=410), "127.0.0.1 answered 410"),
    ("not allowed", giving(status=403), "127.0.0.1 answered 403"),
    ("nothing", giving(status=204), "127.0.0.1 answered 204"),
    ("a web page", giving(b"<!doctype html><p>cats"), "it is not a picture; it is a web page"),
    ("empty", giving(), "it is not a picture; it is nothing: 0 bytes"),
    ("cut off", giving(sample("png")[:-20]), "it is a PNG picture that was cut off"),
    ("of a kind that not every model reads", giving(sample("avif")), "it is a AVIF picture; gif, jpeg, png, webp"),
    ("a drawing", giving(b'<svg xmlns="http://www.w3.org/2000/svg"/>'), "it is"),
    ("too heavy", giving(bytes(MAX_BYTES + 1)), "10,485,761 bytes; at most 10,485,760"),
    ("a bomb", giving(png_of(60_000, 60_000)), "60000 × 60000 pixels"),
    ("too large to be made smaller", giving(png_of(8_000, 8_000) + bytes(MAX_SENT_BYTES)), "at most 40,000,000"),
    ("damaged within", giving(png_of(800, 800) + bytes(MAX_SENT_BYTES)), "it is damaged"),
    ("a redirect to nowhere", giving(status=302), "redirects to nowhere"),
    ("a redirect in a circle", giving(status=302, Location="/cat"), "redirects more than 3 times"),
    ("a redirect inside", giving(status=302, Location="http://10.0.0.5/"), "10.0.0.5 is not on the public internet"),
    ("a redirect to a file", giving(status=301, Location="file:///etc/passwd"), "must be an https address"),
]


@pytest.mark.parametrize(("handler", "words"), [pytest.param(*case[1:], id=case[0]) for case in NOT_TAKEN])
async def test_what_another_try_would_not_mend(handler: Handler, words: str) -> None:
    with pytest.raises(SourceRefused) as refused:
        await fetched(handler)
    assert words in str(refused.value)


async def test_a_length_that_is_not_told_is_counted() -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(12):
            await response.write(bytes(2**20))
        return response

    with pytest.raises(SourceRefused, match="more than 10,485,760 bytes"):
        await fetched(answer)


async def test_three_redirects_are_followed() -> None:
    async def answer(request: web.BaseRequest) -> web.Response:
        left = int(request.query.get("left", "3"))
        if left:
            return web.Response(status=307, headers={"Location": f"?left={left - 1}"})
        return web.Response(body=sample("png"))

    assert picture_in(await fetched(answer))[0] == "image/png"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
async def test_a_host_that_says_later_is_asked_again(status: int) -> None:
    with pytest.raises(SourceUnreachable, match=f"answered {status}"):
        await fetched(giving(status=status))


async def test_a_host_that_is_slow_or_not_there_is_asked_again() -> None:
    async def hang(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await request.read()
        while request.protocol.transport is not None:
            await response.write(b"\x89PNG")
        return response

    with pytest.raises(SourceUnreachable, match=r"did not deliver it within 0\.2 s"):
        await fetched(hang, timeout=0.2)
    with pytest.raises(SourceUnreachable, match="cannot be reached"):
        await fetch_source(Guard(LOOPBACK), InspectionPool(), f"http://127.0.0.1:{any_free_port()}/cat", PATIENCE)


async def test_a_name_that_leads_inside_is_refused() -> None:
    there = guard(allowed=False, cat_example=["169.254.169.254"])
    with pytest.raises(SourceRefused, match=r"cat\.example is not on the public internet"):
        await fetch_source(there, InspectionPool(), "https://cat.example/x", PATIENCE)


def test_the_sample_is_small() -> None:
    assert (WIDTH * HEIGHT, len(sample("png")) < MAX_SENT_BYTES) == (96 * 64, True)
