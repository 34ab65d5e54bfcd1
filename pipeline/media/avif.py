"""The size of an AVIF picture, read by libavif: its description is a small file system of items and properties."""

import struct
from io import BytesIO

from PIL import features
from PIL.AvifImagePlugin import AvifImageFile

from pipeline.media.structure.avif import check_avif
from pipeline.media.structure.parts import Damaged, Parts

# What the parser raises about bytes that it cannot read; SyntaxError is its word for "not this format".
_PARSER_ERRORS = (SyntaxError, OSError, ValueError, EOFError, RuntimeError, OverflowError, struct.error)


def avif_size(data: bytes, parts: Parts) -> tuple[int, int]:
    """Width and height in pixels. Blocks; for the inspection processes. Raises StructureError."""
    check_avif(data, parts)
    if not features.check_module("avif"):
        raise Damaged("or a good one, which nobody here can tell: Pillow was built without libavif")
    try:
        with AvifImageFile(BytesIO(data)) as image:
            return image.size
    except _PARSER_ERRORS as error:
        raise Damaged(str(error)) from error
