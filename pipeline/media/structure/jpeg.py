"""JPEG: segments that begin with a marker, the scans' data between them. Source: ITU-T T.81, B."""

import re
from typing import Final

from pipeline.media.structure.parts import CutOff, Damaged, NoPicture, Parts

MAX_SCANS: Final = 1_000
"""Encoders write about ten. A decoder goes over the whole picture for each."""

# 0xff is stuffed with 0x00 inside a scan and may be repeated before a marker; restarts belong to the scan (B.1.1).
_MARKER: Final = re.compile(rb"\xff[^\x00\xff]")
_MARKER_BEHIND_SCAN: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers without a length: temporary use, restarts."""
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Start of a frame, of any coding; the three are tables and an extension."""


def jpeg_size(data: bytes, parts: Parts) -> tuple[int, int]:
    """Width and height in pixels, once the segments have led through a scan to the end-of-image marker.

    What follows that marker is not looked at: cameras and phones append further pictures, films and notes. A thumbnail
    lies within a segment, so its own markers are passed over. Raises StructureError.
    """
    size, scans, at = None, 0, 2
    marker = _MARKER
    while found := marker.search(data, at):
        parts.count()
        kind, at, marker = data[found.end() - 1], found.end(), _MARKER
        if kind == _END:
            if not scans or size is None:
                raise NoPicture
            return size
        if kind in _BARE:
            continue
        if kind == _START:
            raise Damaged(f"a second picture begins at byte {at:,}, before the first one ends")
        end = at + int.from_bytes(data[at : at + 2], "big")
        if end < at + 2:
            raise Damaged(f"the segment at byte {at:,} has no length") if at + 2 <= len(data) else CutOff
        if end > len(data):
            raise CutOff
        if kind in _FRAMES:
            if size is not None:
                raise Damaged("it has two headers")
            size = _frame(data[at + 2 : end])
        elif kind == _SCAN:
            scans += 1
            if size is None or scans > MAX_SCANS:
                raise Damaged("a scan comes before the header" if size is None else f"it has over {MAX_SCANS:,} scans")
            marker = _MARKER_BEHIND_SCAN
        at = end
    raise CutOff


def _frame(body: bytes) -> tuple[int, int]:
    """The size that a frame's header gives: precision, height, width, components (B.2.2)."""
    if len(body) < 6 or len(body) < 6 + 3 * body[5]:
        raise Damaged("its header is too short")
    height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    if body[0] != 8 or body[5] not in (1, 3, 4):
        raise Damaged(f"it has {body[5]} components of {body[0]} bits; 1, 3 or 4 of 8 bits can be shown")
    if not (width and height):
        raise Damaged("it has no size")
    return width, height
