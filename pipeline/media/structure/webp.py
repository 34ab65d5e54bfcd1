"""WebP: a RIFF file of chunks. Sources: WebP container specification (RFC 9649), VP8 (RFC 6386, 9.1)."""

from collections.abc import Iterator
from typing import Final

from pipeline.media.structure.parts import CutOff, Damaged, NoPicture, Parts

_ANIMATED: Final = 0x02
"""The flag of VP8X that says so."""


def webp_size(data: bytes, parts: Parts) -> tuple[int, int]:
    """Width and height in pixels of the canvas, once the file is as long as its header says and holds an image.

    More bytes than that do no harm. Raises StructureError.
    """
    length = 8 + int.from_bytes(data[4:8], "little")
    if len(data) < length:
        raise CutOff
    canvas, animated, shown = None, False, False
    for number, (kind, start, end) in enumerate(_chunks(data, 12, length, parts)):
        if kind == b"VP8X" and not number:
            canvas, animated = _canvas(data[start:end])
        elif kind in _IMAGES and not animated:
            size = _IMAGES[kind](data[start : start + 10])
            if canvas not in (None, size):
                raise Damaged("its image has not the size of its canvas")
            return size
        elif kind == b"ANMF" and animated and canvas is not None:
            _check_frame(data, start, end, canvas, parts)
            shown = True
    if canvas is None or not shown:
        raise NoPicture
    return canvas


def _chunks(data: bytes, at: int, end: int, parts: Parts) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of the body of each chunk between two places. A filling byte follows an odd length."""
    while at + 8 <= end:
        parts.count()
        start = at + 8
        at = start + int.from_bytes(data[at + 4 : start], "little")
        if at > end:
            raise Damaged(f"the chunk at byte {start - 8:,} reaches beyond the end")
        yield data[start - 8 : start - 4], start, at
        at += at & 1


def _canvas(body: bytes) -> tuple[tuple[int, int], bool]:
    if len(body) < 10:
        raise Damaged("its header is too short")
    size = 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    return size, bool(body[0] & _ANIMATED)


def _check_frame(data: bytes, start: int, end: int, canvas: tuple[int, int], parts: Parts) -> None:
    """Raise Damaged unless a frame of an animation has an image and lies within the canvas."""
    if end - start < 16:
        raise Damaged("a frame's header is too short")
    left, top, width, height = (int.from_bytes(data[i : i + 3], "little") for i in range(start, start + 12, 3))
    if 2 * left + width + 1 > canvas[0] or 2 * top + height + 1 > canvas[1]:
        raise Damaged("a frame reaches beyond the canvas")
    for kind, inner, _ in _chunks(data, start + 16, end, parts):
        if kind in _IMAGES:
            if _IMAGES[kind](data[inner : inner + 10]) != (width + 1, height + 1):
                raise Damaged("a frame's image has another size than the frame")
            return
    raise Damaged("a frame has no image")


def _lossy(head: bytes) -> tuple[int, int]:
    if len(head) < 10 or head[0] & 1 or head[3:6] != b"\x9d\x01\x2a":
        raise Damaged("its image has no key frame")
    size = int.from_bytes(head[6:8], "little") & 0x3FFF, int.from_bytes(head[8:10], "little") & 0x3FFF
    if not (size[0] and size[1]):
        raise Damaged("it has no size")
    return size


def _lossless(head: bytes) -> tuple[int, int]:
    if len(head) < 5 or head[0] != 0x2F or head[4] >> 5:
        raise Damaged("its image has no header")
    bits = int.from_bytes(head[1:5], "little")
    return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)


_IMAGES: Final = {b"VP8 ": _lossy, b"VP8L": _lossless}
