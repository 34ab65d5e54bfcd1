"""AVIF: boxes of length, kind and body. Sources: ISO/IEC 14496-12, 4.2 and 8.11.3; AVIF specification, 2 and 6."""

from collections.abc import Iterator
from typing import Final

from pipeline.media.structure.parts import CutOff, Damaged, NoPicture, Parts

MAX_ITEMS: Final = 128 * 1024
"""Bytes of the box that lists a picture's items, but for its colour profiles; readers compare each item with each. A
picture of 64 megapixels in tiles has some thousand, of 30 bytes each."""
MAX_MOVIE: Final = 2 * 1024 * 1024
"""Bytes of the box that lists an animation's frames."""


_DESCRIPTIONS: Final = frozenset({b"meta", b"moov"})
_NEEDED: Final = _DESCRIPTIONS | {b"mdat"}


def is_avif(data: bytes) -> bool:
    """Whether the first box names AVIF as the file's brand, or as one that it is compatible with."""
    if data[4:8] != b"ftyp":
        return False
    brands = data[8 : min(int.from_bytes(data[:4], "big"), 256)]
    return any(brands[at : at + 4] in (b"avif", b"avis") for at in range(0, len(brands), 4))


def check_avif(data: bytes, parts: Parts) -> None:
    """Check that what the boxes describe lies within the file. Raises StructureError.

    Bytes behind the last box that is needed do no harm, whatever they look like: readers never get there.
    """
    described = stored = False
    for kind, start, end in _boxes(data, 0, len(data), parts):
        if end > len(data) and described and stored and kind not in _NEEDED:
            break
        if end > len(data):
            raise CutOff
        stored |= kind == b"mdat"
        described |= kind in _DESCRIPTIONS
        if kind == b"meta":
            if end - start - _profiles(data, start + 4, end, parts) > MAX_ITEMS:
                raise Damaged(f"it lists its items in more than {MAX_ITEMS:,} bytes")
            stored |= _check_items(data, start + 4, end, parts)
        elif kind == b"moov" and end - start > MAX_MOVIE:
            raise Damaged(f"it lists its frames in more than {MAX_MOVIE:,} bytes")
    if not described:
        raise CutOff
    if not stored:
        raise NoPicture


def _boxes(data: bytes, at: int, end: int, parts: Parts) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of the body of each box; the last one may reach beyond `end`."""
    while at + 8 <= end:
        parts.count()
        size, kind, start = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8], at + 8
        if size == 1:  # the real size follows the kind, in 64 bits
            size, start = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        if size == 0:  # up to the end
            size = end - at
        if size < start - at:
            return  # no box: whatever this is, it is behind the last one
        yield kind, start, at + size
        at += size


def _profiles(data: bytes, start: int, end: int, parts: Parts) -> int:
    """The bytes of the colour profiles among the properties of items."""
    return sum(
        until - at
        for kind, properties, behind in _boxes(data, start, end, parts)
        if kind == b"iprp"
        for inner, container, last in _boxes(data, properties, min(behind, end), parts)
        if inner == b"ipco"
        for deepest, at, until in _boxes(data, container, min(last, end), parts)
        if deepest == b"colr" and until <= end
    )


def _check_items(data: bytes, start: int, end: int, parts: Parts) -> bool:
    """Whether items have bytes of their own here, all of which lie within the file."""
    for kind, inner, until in _boxes(data, start, end, parts):
        if until > end:
            raise Damaged("a box reaches beyond the one around it")
        if kind == b"iloc":
            reader = _Reader(data, inner, until)
            try:
                return _locate(reader, len(data), parts)
            except IndexError as error:
                raise Damaged("its list of items ends early") from error
    return False


class _Reader:
    """Reads big-endian numbers one after the other. Raises IndexError behind the end."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self._data, self._at, self._end = data, at, end

    def number(self, size: int) -> int:
        start, self._at = self._at, self._at + size
        if self._at > self._end:
            raise IndexError
        return int.from_bytes(self._data[start : self._at], "big")


def _locate(reader: _Reader, length: int, parts: Parts) -> bool:
    """Walk an item location box (8.11.3.2). Whether any item lies in the file; raises CutOff where one ends beyond."""
    version = reader.number(4) >> 24
    sizes = reader.number(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    found = False
    for _ in range(reader.number(2 if version < 2 else 4)):
        parts.count()
        reader.number(2 if version < 2 else 4)
        method = reader.number(2) & 15 if version else 0
        elsewhere = reader.number(2)
        base = reader.number(base_size)
        for _ in range(reader.number(2)):
            parts.count()
            reader.number(index_size)
            end = base + reader.number(offset_size) + reader.number(length_size)
            if method == 0 and not elsewhere and end > length:
                raise CutOff
        found |= not elsewhere
    return found
