"""PNG: a signature, then chunks of length, name, body and checksum. Source: PNG specification (W3C), 5 and 11."""

import zlib
from collections.abc import Iterator
from typing import Final

from pipeline.media.structure.parts import CutOff, Damaged, NoPicture, Parts

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_END: Final = b"\0\0\0\0IEND\xaeB`\x82"
"""The last chunk: no bytes, name, checksum (11.2.5)."""
_LARGEST: Final = 2**31 - 1
"""Of a chunk's body in bytes, of a side in pixels."""

_DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
"""Bits that each colour type may have (11.2.1)."""

_DECODED: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"eXIf", b"IEND"})
_LARGEST_PROFILE: Final = 64 * 1024


def png_size(data: bytes, parts: Parts) -> tuple[int, int]:
    """Width and height in pixels, once every chunk up to the end has matched its checksum.

    Bodies of text and profile chunks are not unpacked: whoever shows the picture does not read them. Raises
    StructureError.
    """
    if data.rfind(_END) < 0:
        raise CutOff
    size, pixels, palette = None, False, False
    for kind, start, end in _chunks(data, parts):
        if size is None:
            size = _header(data[start:end]) if kind == b"IHDR" else None
            if size is None:
                raise Damaged("it does not begin with its header")
        elif kind == b"PLTE":
            palette = True
        elif kind == b"IDAT":
            pixels |= end > start
        elif kind == b"IEND":
            if not pixels:
                raise NoPicture
            if data[25] == 3 and not palette:
                raise Damaged("its palette is missing")
            return size
    raise CutOff


def decoded_chunks(data: bytes) -> bytes:
    """The same picture with those chunks alone that a decoder needs for its pixels, its orientation and its colours.

    `data` has passed `png_size`. Text is left out, and a colour profile over 64 kB: unpacked they may be a thousand
    times as large.
    """
    kept = [SIGNATURE]
    for kind, start, end in _chunks(data, Parts(len(data))):
        if kind in _DECODED or (kind == b"iCCP" and end - start <= _LARGEST_PROFILE):
            kept.append(data[start - 8 : end + 4])
        if kind == b"IEND":
            break
    return b"".join(kept)


def _chunks(data: bytes, parts: Parts) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of the body of each chunk, its checksum verified."""
    view, at = memoryview(data), len(SIGNATURE)
    while at + 12 <= len(data):
        parts.count()
        length = int.from_bytes(view[at : at + 4], "big")
        kind, start, end = data[at + 4 : at + 8], at + 8, at + 8 + length
        if length > _LARGEST or not kind.isalpha():
            raise Damaged(f"there is no chunk at byte {at:,}")
        if end + 4 > len(data):
            raise CutOff
        if zlib.crc32(view[at + 4 : end]) != int.from_bytes(view[end : end + 4], "big"):
            raise Damaged(f"the checksum of its chunk {kind.decode()} at byte {at:,} does not match")
        yield kind, start, end
        at = end + 4


def _header(body: bytes) -> tuple[int, int]:
    if len(body) != 13:
        raise Damaged("its header has another length")
    width, height = int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big")
    depth, colour, compression, filtering, interlace = body[8:]
    if not (0 < width <= _LARGEST and 0 < height <= _LARGEST):
        raise Damaged("it has no size")
    if depth not in _DEPTHS.get(colour, ()) or compression or filtering or interlace > 1:
        raise Damaged("its header names a kind of pixels that does not exist")
    return width, height
