"""The bytes that the provider serves: one picture as it should be, and pictures that are made to hurt whoever looks."""

import io
import struct
import zlib
from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType
from typing import NamedTuple

from PIL import Image, PngImagePlugin


class File(NamedTuple):
    """What stands behind one address of the provider's."""

    content_type: str
    body: bytes


def honest_picture() -> bytes:
    """A WebP picture of about 100 kB, which is what a usual model brings."""
    noise = Image.frombytes("RGB", (384, 384), Random(1).randbytes(384 * 384 * 3))
    file = io.BytesIO()
    noise.save(file, "WEBP", quality=80)
    return file.getvalue()


def _png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of these chunks between its header and its end; whether they make a picture is the caller's business."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    written = b"\x89PNG\r\n\x1a\n"
    for name, data in ((b"IHDR", header), *chunks, (b"IEND", b"")):
        written += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return written


def _huge_sides() -> bytes:
    return _png(60_000, 60_000, (b"IDAT", zlib.compress(bytes(100_000))))


def _many_chunks() -> bytes:
    return _png(64, 64, *[(b"tEXt", b"k\0v")] * 200_000, (b"IDAT", zlib.compress(bytes(64 * 193))))


def _compressed_text() -> bytes:
    """A good picture with 1 MB of text in 1 kB of a chunk: every decoder shows it."""
    about = PngImagePlugin.PngInfo()
    about.add_text("parameters", "a lighthouse " * 80_000, zip=True)
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(file, "PNG", pnginfo=about)
    return file.getvalue()


def _trailing_byte() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "navy").save(file, "JPEG")
    return file.getvalue() + b"\0"


def _many_frames() -> bytes:
    """A GIF of one pixel with 300,000 frames."""
    frame = b"\x21\xf9\x04\0\0\0\0\0" + b"\x2c\0\0\0\0\x01\0\x01\0\0" + b"\x02\x02\x44\x01\0"
    return b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff" + frame * 300_000 + b";"


def _svg(inside: str, attributes: str = 'width="64" height="64"') -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{inside}</svg>'.encode()


_ENTITIES = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(12))

FILES: Mapping[str, Callable[[], File]] = MappingProxyType(
    {
        "good.webp": lambda: File("image/webp", honest_picture()),
        "huge-sides.png": lambda: File("image/png", _huge_sides()),
        "many-chunks.png": lambda: File("image/png", _many_chunks()),
        "many-frames.gif": lambda: File("image/gif", _many_frames()),
        "compressed-text.png": lambda: File("image/png", _compressed_text()),
        "trailing-byte.jpg": lambda: File("image/jpeg", _trailing_byte()),
        "cut-off.webp": lambda: File("image/webp", honest_picture()[:-5_000]),
        "page.html": lambda: File("text/html", b"<script>alert(1)</script>" * 100),
        "empty.png": lambda: File("image/png", b""),
        "open-comment.svg": lambda: File("image/svg+xml", _svg(f"<style>{'/*' * 500_000}</style>")),
        "spaces.svg": lambda: File("image/svg+xml", _svg("", f'viewBox="{" " * 900_000}x" style="a:{" " * 90_000}"')),
        "deep.svg": lambda: File("image/svg+xml", _svg("<g>" * 100_000 + "</g>" * 100_000)),
        "entities.svg": lambda: File(
            "image/svg+xml",
            f'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a0 "lol">{_ENTITIES}]>'.encode()
            + _svg("<text>&a12;</text>"),
        ),
        "drawing.svg": lambda: File(
            "image/svg+xml",
            b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" '
            b'"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
            + _svg('<rect width="10" height="10"/>', 'width="64mm" height="64mm" viewBox="0 0 64 64"'),
        ),
    }
)
"""By name; each is made when somebody first asks for it."""
