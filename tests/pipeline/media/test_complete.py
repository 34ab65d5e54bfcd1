"""Complete pictures, as encoders, cameras and gateways write them: each is kept, because everybody can see it."""

import random
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from types import MappingProxyType
from typing import Any, Final

import pytest
from PIL import Image, ImageCms

from pipeline.errors import OutputBroken
from pipeline.media.picture import examine, examine_quickly
from pipeline.media.structure.png import decoded_chunks
from tests.pipeline.media.samples import HEIGHT, WIDTH, sample
from tests.pipeline.media.test_picture import png_chunk

NOISE: Final = random.Random(14).randbytes(300_000)
TEXT: Final = "prompt: a lake, " * 80_000
"""More than a megabyte, as programs write whole workflows into their pictures."""


def saved(mode: str, kind: str, **options: Any) -> bytes:
    """A picture of that mode, written by Pillow."""
    file = BytesIO()
    with Image.open(BytesIO(sample("png"))) as picture:
        picture.convert(mode).save(file, kind, **options)
    return file.getvalue()


def _frames(kind: str, **options: Any) -> bytes:
    shades = [Image.new("RGB", (WIDTH, HEIGHT), (shade, 9, 9)) for shade in range(0, 250, 25)]
    file = BytesIO()
    shades[0].save(file, kind, save_all=True, append_images=shades[1:], duration=40, **options)
    return file.getvalue()


def png_with(*chunks: bytes, behind: bool = False) -> bytes:
    """The sample with more chunks, ahead of its pixels or behind them."""
    data = sample("png")
    at = len(data) - 12 if behind else 33
    return data[:at] + b"".join(chunks) + data[at:]


def _interlaced() -> bytes:
    """Adam7: seven pictures, each with lines of its own, in one stream (PNG specification, 8.2)."""
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    lines = bytearray()
    for left, top, right, down in passes:
        for _ in range(top, HEIGHT, down):
            lines += b"\0" + bytes(3 * len(range(left, WIDTH, right)))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 1)
    pixels = png_chunk(b"IDAT", zlib.compress(bytes(lines)))
    return sample("png")[:8] + png_chunk(b"IHDR", header) + pixels + png_chunk(b"IEND", b"")


def jpeg_with(*segments: bytes) -> bytes:
    """The sample with more segments ahead of its tables."""
    data = sample("jpeg")
    written = b"".join(body[:2] + struct.pack(">H", len(body)) + body[2:] for body in segments)
    return data[:2] + written + data[2:]


def webp_with(*chunks: tuple[bytes, bytes], flags: int = 0) -> bytes:
    """The sample in the extended format with more chunks behind its image."""
    body = b"WEBPVP8X\x0a\0\0\0" + bytes([flags, 0, 0, 0])
    body += (WIDTH - 1).to_bytes(3, "little") + (HEIGHT - 1).to_bytes(3, "little") + sample("webp")[12:]
    for kind, inner in chunks:
        body += kind + struct.pack("<I", len(inner)) + inner + bytes(len(inner) & 1)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _avif_with_another_brand() -> bytes:
    data = sample("avif")
    return data[:8] + b"mif1" + data[12:]


SRGB: Final = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
DAMAGED_EXIF: Final = b"II*\0\x08\0\0\0\xff\xff\x12\x01\x03\0\xff\xff\xff\xff" + NOISE[:60]
_FRAME: Final = struct.pack(">IIIIIHHBB", 7, WIDTH, HEIGHT, 0, 0, 1, 10, 0, 0)

COMPLETE: Final = MappingProxyType[str, Callable[[], bytes]](
    {
        "png: a megabyte of text": lambda: png_with(png_chunk(b"tEXt", b"workflow\0" + TEXT.encode())),
        "png: the same, compressed": lambda: png_with(png_chunk(b"zTXt", b"a\0\0" + zlib.compress(TEXT.encode()))),
        "png: the same, behind": lambda: png_with(
            png_chunk(b"zTXt", b"a\0\0" + zlib.compress(TEXT.encode())), behind=True
        ),
        "png: the same, international": lambda: png_with(
            png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(TEXT.encode()))
        ),
        "png: text that is none": lambda: png_with(png_chunk(b"zTXt", b"a\0\0no zlib"), png_chunk(b"tEXt", b"")),
        "png: a large profile": lambda: png_with(png_chunk(b"iCCP", b"p\0\0" + zlib.compress(NOISE * 5))),
        "png: a damaged profile": lambda: png_with(png_chunk(b"iCCP", b"p\0\0" + NOISE[:99])),
        "png: damaged exif": lambda: png_with(png_chunk(b"eXIf", DAMAGED_EXIF)),
        "png: odd numbers": lambda: png_with(*(png_chunk(kind, b"") for kind in (b"pHYs", b"gAMA", b"sRGB"))),
        "png: interlaced": _interlaced,
        "png: a palette": lambda: saved("P", "png"),
        "png: one bit": lambda: saved("1", "png"),
        "png: gray and alpha": lambda: saved("LA", "png"),
        "png: sixteen bits": lambda: saved("I;16", "png"),
        "png: animated": lambda: _frames("png"),
        "png: frames in disorder": lambda: png_with(
            png_chunk(b"acTL", struct.pack(">II", 9, 0)), png_chunk(b"fcTL", _FRAME), png_chunk(b"fcTL", _FRAME)
        ),
        "png: another file behind": lambda: sample("png") + sample("jpeg") + NOISE,
        "jpeg: noise behind": lambda: sample("jpeg") + NOISE,
        "jpeg: a film behind": lambda: sample("jpeg") + b"\0\0\0\x18ftypmp42" + NOISE + b"\xff\xda" + bytes(9),
        "jpeg: a second picture behind": lambda: sample("jpeg") + sample("progressive"),
        "jpeg: half a second picture behind": lambda: sample("jpeg") + sample("progressive")[:-300],
        "jpeg: gray": lambda: saved("L", "jpeg"),
        "jpeg: four colours of print": lambda: saved("CMYK", "jpeg"),
        "jpeg: restarts": lambda: saved("RGB", "jpeg", restart_marker_blocks=1),
        "jpeg: a profile in parts": lambda: saved("RGB", "jpeg", icc_profile=NOISE[:200_000]),
        "jpeg: damaged exif": lambda: jpeg_with(b"\xff\xe1Exif\0\0" + DAMAGED_EXIF),
        "jpeg: damaged list of pictures": lambda: jpeg_with(b"\xff\xe2MPF\0" + DAMAGED_EXIF),
        "jpeg: notes of all kinds": lambda: jpeg_with(*(bytes([255, n]) + NOISE[:60_000] for n in range(226, 238))),
        "jpeg: a comment": lambda: jpeg_with(b"\xff\xfe" + NOISE[:65_000]),
        "jpeg: markers that fill": lambda: sample("jpeg")[:2] + b"\xff" * 99 + sample("jpeg")[2:],
        "webp: animated": lambda: _frames("webp"),
        "webp: a large profile, exif and xmp": lambda: saved(
            "RGB", "webp", icc_profile=NOISE, exif=b"Exif\0\0" + DAMAGED_EXIF, xmp=TEXT.encode()
        ),
        "webp: transparent": lambda: saved("RGBA", "webp"),
        "webp: a chunk that nobody knows": lambda: webp_with((b"teSt", NOISE[:9_999])),
        "webp: notes that are announced and missing": lambda: webp_with(flags=0x0C),
        "webp: noise behind": lambda: sample("webp") + NOISE,
        "gif: animated": lambda: _frames("gif", loop=0),
        "gif: noise behind": lambda: sample("gif") + NOISE,
        "gif: noise instead of its end": lambda: sample("gif")[:-1] + b"\0" + NOISE,
        "gif: transparent": lambda: saved("P", "gif", transparency=0),
        "avif: animated": lambda: _frames("avif"),
        "avif: exif, xmp and a profile": lambda: saved(
            "RGB", "avif", exif=Image.Exif().tobytes(), xmp=TEXT.encode(), icc_profile=SRGB
        ),
        "avif: transparent": lambda: saved("RGBA", "avif"),
        "avif: another brand first": _avif_with_another_brand,
        "avif: one byte behind": lambda: sample("avif") + b"\n",
        "avif: noise behind": lambda: sample("avif") + NOISE,
    }
)  # fmt: skip


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("name", COMPLETE)
def test_a_complete_picture_is_kept(name: str) -> None:
    data = COMPLETE[name]()
    picture = examine(data)
    assert (picture.width, picture.height) == (WIDTH, HEIGHT)
    assert picture.format == name.partition(":")[0]
    # And it can be seen: Pillow stumbles over some of the text itself.
    with Image.open(BytesIO(decoded_chunks(data) if picture.format == "png" else data)) as shown:
        shown.load()


@pytest.mark.parametrize("name", [name for name in COMPLETE if not name.startswith("avif")])
def test_it_is_examined_in_line(name: str) -> None:
    """No process is started for what most models send."""
    assert examine_quickly(COMPLETE[name]()) == examine(COMPLETE[name]())


CUT: Final = MappingProxyType[str, bytes](
    {
        "a jpeg whose second picture is whole": sample("jpeg")[:-300] + sample("progressive"),
        "a png whose copy is whole": sample("png")[:-300] + sample("png"),
        "a webp of two, cut": sample("webp")[:-30],
        "an animation cut in its middle": _frames("webp")[:-60],
        "an animated avif, cut": _frames("avif")[:-1],
        "a gif that ends in an image": sample("gif")[:-2],
    }
)


@pytest.mark.parametrize("data", CUT.values(), ids=CUT)
def test_what_is_cut_is_not_made_good_by_what_follows(data: bytes) -> None:
    with pytest.raises(OutputBroken, match=r"cut off|damaged"):
        examine(data)
