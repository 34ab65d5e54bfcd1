"""Pictures that are made to take long: each is a few megabytes, and cost the reader it was made for minutes."""

import struct
import zlib
from collections.abc import Callable, Iterable
from functools import cache
from io import BytesIO
from types import MappingProxyType
from typing import Final

from PIL import Image

from tests.pipeline.media.samples import sample
from tests.pipeline.media.test_picture import png_chunk, png_of

MEGABYTE: Final = 2**20
_ROOT: Final = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"{0}>{1}<rect width="1" height="1"/></svg>'


def drawing(inside: str, attributes: str = "") -> bytes:
    """A drawing of one square and whatever stands before it."""
    return _ROOT.format(attributes, inside).encode()


def heavy_drawing() -> bytes:
    """A good drawing that takes a second or two to clean, and more memory than most."""
    return drawing('<rect width="1" height="1" fill="#fff"/>' * 195_000)


def _element_of(attributes: Iterable[str]) -> str:
    return "<g " + " ".join(f"{name}='u'" for name in attributes) + "/>"


def jpeg_of_scans() -> bytes:
    """A JPEG of 25 megapixels and a thousand scans, each of which leads a decoder once over the whole picture."""
    file = BytesIO()
    Image.linear_gradient("L").resize((5_000, 5_000)).save(file, "jpeg", progressive=True, quality=30)
    data = file.getvalue()
    last = data[data.rfind(b"\xff\xda") : -2]
    return data[:-2] + last * 980 + data[-2:]


def _gif_of_one_comment() -> bytes:
    data = sample("gif")
    at = 13 + (3 << (data[10] & 7) + 1)  # behind the colours
    return data[:at] + b"\x21\xfe" + (b"\xff" + b"c" * 255) * (30 * MEGABYTE // 256) + b"\0" + data[at:]


def _gif_of_tiny_blocks() -> bytes:
    """An image whose data come a byte at a time, as long as what is looked at in line."""
    start = b"GIF89a\1\0\1\0\0\0\0" + b"\x2c\0\0\0\0\1\0\1\0\0\2"
    return start + b"\1\x44" * (2 * MEGABYTE - 64) + b"\0;"


def _jpeg_behind(filling: bytes) -> bytes:
    data = sample("jpeg")
    return data[:2] + filling + data[2:]


def _png_of_chunks() -> bytes:
    data = png_of(8, 8)
    return data[:33] + png_chunk(b"teSt", b"") * (31 * MEGABYTE // 12) + data[33:]


def _png_of_bombs() -> bytes:
    data, bomb = png_of(8, 8), b"a\0\0" + zlib.compress(bytes(900_000), 9)
    return data[:33] + png_chunk(b"zTXt", bomb) * (8 * MEGABYTE // len(bomb)) + data[33:]


def box(kind: bytes, body: bytes) -> bytes:
    """A box of an AVIF file."""
    return struct.pack(">I", 8 + len(body)) + kind + body


def _avif_of_items(count: int) -> bytes:
    """A good AVIF whose description stands at its end and lists so many items more; libavif looks through them all for
    each of them."""
    data = sample("avif")
    at, located = data.index(b"meta"), data.index(b"iloc")
    meta = data[at + 4 : at - 4 + int.from_bytes(data[at - 4 : at], "big")]
    old = data[located + 4 : located - 4 + int.from_bytes(data[located - 4 : located], "big")]
    assert old[0] == 0, "a list of the first version: numbers of 16 bits, no methods"
    (item,) = [old[8:]]
    again = item[:2].rjust(4, b"\0") + bytes(2) + item[2:]
    more = b"".join(struct.pack(">IHHH", number, 0, 0, 0) for number in range(1_000, 1_000 + count))
    listed = b"\2\0\0\0" + old[4:6] + struct.pack(">I", 1 + count) + again + more
    start = located - 4 - (at + 4)
    meta = meta[:start] + box(b"iloc", listed) + meta[start + 8 + len(old) :]
    return data[:at] + b"free" + data[at + 4 :] + box(b"meta", meta)


HOSTILE: Final = MappingProxyType[str, Callable[[], bytes]](
    {
        "svg: comments that never close": lambda: drawing("<style>" + "/* " * (MEGABYTE // 3) + "</style>"),
        "svg: an attribute's comments": lambda: drawing(f'<path d="{"/* " * (MEGABYTE // 3)}"/>'),
        "svg: spaces behind a length": lambda: drawing("", f' height="1{" " * MEGABYTE}x"').replace(
            b' height="8"', b""
        ),
        "svg: spaces in a view box": lambda: drawing("", f' viewBox="0 0 1{" " * MEGABYTE}x 1"'),
        "svg: spaces behind url": lambda: drawing(f'<path fill="{"url(#a " * 99}{"url" + " " * MEGABYTE}"/>'),
        "svg: too many attributes": lambda: drawing(_element_of(f"a{n}" for n in range(650_000))),
        "svg: spaces of names": lambda: drawing(_element_of(f"xmlns:a{n}" for n in range(400_000))),
        "svg: elements without end": lambda: drawing("<g>" * 2 * MEGABYTE),
        "svg: one text of all it may have": lambda: drawing("<text>" + "&lt;" * (2 * MEGABYTE - 99) + "</text>"),
        "gif: one comment": _gif_of_one_comment,
        "gif: blocks of one byte": _gif_of_tiny_blocks,
        "jpeg: bytes that fill": lambda: _jpeg_behind(b"\xff" * 31 * MEGABYTE),
        "jpeg: segments without a body": lambda: _jpeg_behind(b"\xff\xfe\0\2" * (31 * MEGABYTE // 4)),
        "png: two million chunks": _png_of_chunks,
        "png: bombs in comments": _png_of_bombs,
        "avif: a million items": lambda: _avif_of_items(1_000_000),
        "avif: as many items as are let in": lambda: _avif_of_items(12_000),
    }
)


@cache
def hostile(name: str) -> bytes:
    """One of HOSTILE."""
    return HOSTILE[name]()
