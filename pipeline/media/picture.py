"""Looks at the bytes of an output and says whether they are a picture Darkroom can keep."""

import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL.Image import DecompressionBombError, DecompressionBombWarning

from pipeline.errors import OutputBroken
from pipeline.media.content_types import CONTENT_TYPES
from pipeline.media.foreign import foreign_name
from pipeline.media.formats import Format, format_of

MAX_BYTES: Final = 32 * 1024 * 1024
"""The largest output that is kept, in bytes."""

MAX_PIXELS: Final = 64 * 1024 * 1024
"""The most pixels a picture may have: 8192 × 8192, four times the largest request.

A decoder that trusts a header with more would need gigabytes for a file of a few bytes.
"""

# Some of Pillow's parsers look at the size themselves; the warning is one only where warnings are errors.
_SIZE_ERRORS = (DecompressionBombError, DecompressionBombWarning)

# What Pillow's parsers raise about bytes they cannot read; SyntaxError is its word for "not this format".
_PARSER_ERRORS = (
    SyntaxError,
    OSError,
    ValueError,
    EOFError,
    RuntimeError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
)


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
    """Check that `data` is a whole picture of a known format and within the caps; about 0.3 ms for 200 kB.

    The format is read from the content, never from a name. Headers, structure and a PNG's checksums are
    checked; pixels are not decoded. Raises OutputBroken with a message for people, about `subject`.
    """
    if len(data) > MAX_BYTES:
        raise OutputBroken(f"{subject} has {len(data):,} bytes; at most {MAX_BYTES:,} are kept.")
    kind = format_of(data)
    if kind is None:
        raise OutputBroken(f"{subject} is not a picture; it is {foreign_name(data)}.")
    width, height = _parsed_size(kind, data, subject)
    return Picture(
        format=kind.name,
        width=width,
        height=height,
        file_size=len(data),
        content_type=CONTENT_TYPES[kind.extension],
        extension=kind.extension,
    )


def _parsed_size(kind: Format, data: bytes, subject: str) -> tuple[int, int]:
    """Width and height in pixels, once everything that can be checked without decoding has been."""
    name = kind.name.upper()
    if not kind.is_whole(data):
        raise OutputBroken(f"{subject} is a {name} picture that was cut off after {len(data):,} bytes.")
    try:
        with kind.parser(BytesIO(data)) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                size = f"{width} × {height} pixels"
                raise OutputBroken(f"{subject} is a {name} picture of {size}; at most {MAX_PIXELS:,} are kept.")
            # A JPEG cut off before its first scan parses well. WebP's parser has no tiles before it decodes.
            if not image.tile and kind.name != "webp":
                raise OutputBroken(f"{subject} is a {name} header without a picture.")
            image.verify()
    except _SIZE_ERRORS as error:
        raise OutputBroken(
            f"{subject} is a {name} picture of too many pixels; at most {MAX_PIXELS:,} are kept."
        ) from error
    except _PARSER_ERRORS as error:
        raise OutputBroken(f"{subject} is a damaged {name} picture ({error}).") from error
    return width, height
