"""Source pictures of every kind that is taken, made smaller: their colours, their transparency and their top stay."""

import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from pipeline.media.exif import orientation_of
from pipeline.media.inspection.limits import MAX_SENT_BYTES
from tests.pipeline.media.test_complete import TEXT
from tests.pipeline.media.test_picture import png_chunk
from tests.pipeline.media.test_source import fetched, giving, picture_in, saved

SIDES = 800, 600


def gradient(mode: str) -> Image.Image:
    """Dark at its top, light at its bottom, and too noisy to be small."""
    levels = Image.linear_gradient("L").resize(SIDES)
    noisy = Image.blend(levels, Image.effect_noise(SIDES, 90), 0.3)
    if mode == "I;16":
        return Image.frombytes("I;16", SIDES, bytes(byte for level in noisy.tobytes() for byte in (7, level)))
    if mode == "P":
        return noisy.convert("P")
    picture = noisy.convert("RGB")
    picture.paste((1, 2, 3), (0, 0, 40, 40))
    picture = picture.convert(mode)
    if mode in ("LA", "RGBA"):
        picture.putalpha(128)
    return picture


async def sent(data: bytes) -> Image.Image:
    """What is sent of a source, decoded."""
    assert len(data) > MAX_SENT_BYTES
    content_type, smaller = picture_in(await fetched(giving(data)))
    assert (content_type, len(smaller) <= MAX_SENT_BYTES) == ("image/webp", True)
    picture = Image.open(BytesIO(smaller))
    picture.load()
    return picture


def tones(picture: Image.Image) -> tuple[int, int]:
    """The mean brightness of the upper and the lower sixth."""
    gray = picture.convert("L").resize((1, 6), Image.Resampling.BOX)
    (above, below) = (gray.getpixel((0, row)) for row in (0, 5))
    assert isinstance(above, int)
    assert isinstance(below, int)
    return above, below


KINDS: list[tuple[str, str, dict[str, Any]]] = [
    ("L", "png", {}),
    ("LA", "png", {}),
    ("I;16", "png", {}),
    ("RGB", "png", {}),
    ("RGBA", "png", {}),
    ("P", "png", {}),
    ("P", "png", {"transparency": bytes([128] * 256)}),
    ("RGB", "png", {"transparency": (1, 2, 3)}),
    ("L", "png", {"transparency": 3}),
    ("I;16", "png", {"transparency": 3}),
    ("L", "jpeg", {"quality": 99}),
    ("RGB", "jpeg", {"quality": 99, "progressive": True}),
    ("CMYK", "jpeg", {"quality": 99}),
    ("RGB", "webp", {"lossless": True}),
    ("RGBA", "webp", {"lossless": True}),
    ("P", "gif", {}),
    ("P", "gif", {"transparency": 3}),
]


@pytest.mark.parametrize(("mode", "kind", "options"), KINDS, ids=str)
async def test_what_is_dark_stays_dark_and_what_is_light_light(mode: str, kind: str, options: dict[str, Any]) -> None:
    picture = gradient(mode)
    smaller = await sent(saved(picture, kind, **options))
    above, below = tones(smaller)
    assert 40 < above < 80
    assert 160 < below < 210
    assert (smaller.mode == "RGBA") == ("transparency" in options or mode in ("LA", "RGBA"))


def sixteen_bits(colour: int, samples: int) -> bytes:
    """A PNG of 16 bits a sample, which Pillow does not write: the gradient again, noise in its lower bytes."""
    levels = gradient("L").tobytes()
    width, height = SIDES
    lines = bytearray()
    for row in range(height):
        lines += b"\0"
        for level in levels[row * width : (row + 1) * width]:
            lines += bytes([level, (level * 37) & 255]) * samples
    header = struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(lines), 1)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(kind, body) for kind, body in chunks)


@pytest.mark.parametrize(("colour", "samples"), [(0, 1), (2, 3), (4, 2), (6, 4)])
async def test_sixteen_bits_are_scaled_to_eight(colour: int, samples: int) -> None:
    above, below = tones((await sent(sixteen_bits(colour, samples))).convert("RGB"))
    assert 40 < above < 80
    assert 160 < below < 210


def _tiff(*entries: tuple[int, int, int, int], order: str = "<") -> bytes:
    """An EXIF block's body: one directory of (tag, type, count, value)."""
    written = b"".join(struct.pack(f"{order}HHIHxx", *entry) for entry in entries)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    return head + struct.pack(f"{order}H", len(entries)) + written + bytes(4)


TURNED = _tiff((0x0112, 3, 1, 6))
DAMAGED = {
    "a value that lies outside": _tiff((0x0112, 3, 0xFFFFFF, 6), (0x8769, 4, 1, 0xFFFF)),
    "a type that does not exist": _tiff((0x0112, 0xFFFF, 1, 6)),
    "a text for an orientation": _tiff((0x0112, 2, 1, 6)),
    "an orientation of nine": _tiff((0x0112, 3, 1, 9)),
    "turned, and a part that lies outside": _tiff((0x0112, 3, 1, 6), (0x8769, 4, 1, 0xFFF0), (0x8825, 4, 1, 1)),
    "turned, and maker's notes that lie outside": _tiff((0x0112, 3, 1, 6), (0x927C, 7, 0xFFFF, 0xFFFF)),
    "turned, and an odd resolution": _tiff((0x0112, 3, 1, 6), (0x011A, 3, 1, 72), (0x011B, 2, 9, 0xFF)),
    "more entries than there are": _tiff((0x0112, 3, 1, 6))[:8] + b"\xff\xff" + bytes(12),
    "half a head": b"II*\0\x08",
    "a directory outside": b"MM\0*\xff\xff\xff\xff",
    "no head": b"cats",
    "nothing": b"",
}


@pytest.mark.parametrize("exif", DAMAGED.values(), ids=DAMAGED)
@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
async def test_damaged_exif_costs_nobody_the_picture(kind: str, exif: bytes) -> None:
    options = {"lossless": True} if kind == "webp" else {"quality": 99}
    data = saved(gradient("RGB"), kind, exif=b"Exif\0\0" + exif, **options)
    smaller = await sent(data)
    assert (smaller.height > smaller.width) == (orientation_of(exif) == 6)


@pytest.mark.parametrize(
    ("orientation", "upright"),
    [(1, "bottom"), (2, "bottom"), (3, "top"), (4, "top"), (5, "right"), (6, "left"), (7, "left"), (8, "right")],
)
async def test_every_orientation_is_undone(orientation: int, upright: str) -> None:
    """`upright` is where the light part belongs."""
    exif = b"Exif\0\0" + _tiff((0x0112, 3, 1, orientation), order=">")
    smaller = (await sent(saved(gradient("RGB"), "jpeg", quality=99, exif=exif))).convert("L")
    width, height = smaller.size
    boxes = {
        "top": (0, 0, width, height // 6),
        "bottom": (0, height - height // 6, width, height),
        "left": (0, 0, width // 6, height),
        "right": (width - width // 6, 0, width, height),
    }
    means = {side: smaller.resize((1, 1), Image.Resampling.BOX, box).tobytes() for side, box in boxes.items()}
    assert max(means, key=lambda side: means[side]) == upright


@given(st.binary(max_size=60), st.sampled_from([b"", b"II*\0", b"MM\0*", TURNED[:10], TURNED[:18]]))
def test_whatever_the_block_holds_there_is_an_orientation(noise: bytes, head: bytes) -> None:
    assert 1 <= orientation_of(head + noise) <= 8


async def test_text_and_profiles_do_not_make_it_large_again() -> None:
    """A profile of a screen stays, which the colours need; one of half a megabyte and a workflow do not."""
    small = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    kept = await sent(saved(gradient("RGB"), "png", icc_profile=small))
    assert kept.info["icc_profile"] == small
    large = small + bytes(MAX_SENT_BYTES * 2)
    for kind in ("png", "jpeg", "webp"):
        left = await sent(saved(gradient("RGB"), kind, icc_profile=large, quality=99, exif=TURNED))
        assert "icc_profile" not in left.info
    data = saved(gradient("RGB"), "png")
    text = png_chunk(b"iTXt", b"workflow\0\0\0\0\0" + TEXT.encode())
    assert (await sent(data[:33] + text + data[33:])).size == SIDES
