"""Looks at the bytes of an output and says whether they are a picture Darkroom can keep."""

from dataclasses import dataclass
from typing import Final

from pipeline.errors import OutputBroken
from pipeline.media.content_types import CONTENT_TYPES
from pipeline.media.foreign import foreign_name
from pipeline.media.formats import Format, format_of
from pipeline.media.structure.parts import CutOff, Damaged, NoPicture, Parts, TooManyParts

MAX_BYTES: Final = 32 * 1024 * 1024
"""The largest output that is kept, in bytes."""

MAX_PIXELS: Final = 64 * 1024 * 1024
"""The most pixels a picture may have: 8192 × 8192, four times the largest request.

A decoder that trusts a header with more would need gigabytes for a file of a few bytes.
"""

MAX_PARTS: Final = 1_000_000
"""The most chunks, segments, blocks or boxes of one picture; read in half a second. 32 MiB of data have 130,000."""

QUICK_BYTES: Final = 4 * 1024 * 1024
QUICK_PARTS: Final = 4_096
"""What `examine_quickly` looks at, at most: 5 ms (a JPEG: 30) where every byte is chosen to take long, else below 1."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known of a picture without decoding it. `file_size` in bytes, width and height in pixels."""

    format: str
    """"png", "jpeg", "webp", "gif", "avif" or "svg"."""
    width: int
    height: int
    file_size: int
    content_type: str
    extension: str
    """Without a dot, as keys of the store carry it."""


def examine(data: bytes, subject: str = "The output") -> Picture:
    """Check that `data` is a complete picture of a known format and within the caps. Blocks for up to half a second.

    The format is read from the content, never from a name. Headers, structure and a PNG's checksums are
    checked; pixels are not decoded. Raises OutputBroken with a message for people, about `subject`.
    """
    kind = _kind(data, subject)
    try:
        return _examined(kind, data, subject, MAX_PARTS)
    except TooManyParts as error:
        raise OutputBroken(
            f"{subject} is a {kind.name.upper()} picture of more than {MAX_PARTS:,} parts; that is the limit."
        ) from error


def examine_quickly(data: bytes, subject: str = "The output") -> Picture | None:
    """As `examine`, in about 0.1 ms; None for what it would take long to read, or that only a library can read."""
    kind = _kind(data, subject)
    if kind.size is None or len(data) > QUICK_BYTES:
        return None
    try:
        return _examined(kind, data, subject, QUICK_PARTS)
    except TooManyParts:
        return None


def _kind(data: bytes, subject: str) -> Format:
    if len(data) > MAX_BYTES:
        raise OutputBroken(f"{subject} has {len(data):,} bytes; at most {MAX_BYTES:,} are kept.")
    kind = format_of(data)
    if kind is None:
        raise OutputBroken(f"{subject} is not a picture; it is {foreign_name(data)}.")
    return kind


def _examined(kind: Format, data: bytes, subject: str, most_parts: int) -> Picture:
    width, height = _size(kind, data, subject, Parts(most_parts))
    if width * height > MAX_PIXELS:
        size = f"{width} × {height} pixels"
        raise OutputBroken(f"{subject} is a {kind.name.upper()} picture of {size}; at most {MAX_PIXELS:,} are kept.")
    return Picture(
        format=kind.name,
        width=width,
        height=height,
        file_size=len(data),
        content_type=CONTENT_TYPES[kind.extension],
        extension=kind.extension,
    )


def _size(kind: Format, data: bytes, subject: str, parts: Parts) -> tuple[int, int]:
    """Width and height in pixels, once everything that can be checked without decoding has been."""
    name = kind.name.upper()
    try:
        if kind.size is not None:
            return kind.size(data, parts)
        from pipeline.media.avif import avif_size  # Pillow, which the callers on an event loop never need

        return avif_size(data, parts)
    except CutOff as error:
        raise OutputBroken(f"{subject} is a {name} picture that was cut off after {len(data):,} bytes.") from error
    except NoPicture as error:
        raise OutputBroken(f"{subject} is a {name} header without a picture.") from error
    except Damaged as error:
        raise OutputBroken(f"{subject} is a damaged {name} picture ({error}).") from error
