"""Makes a picture small enough to send with a request. Decodes, so it is for the inspection processes."""

import struct
import zlib
from io import BytesIO
from types import MappingProxyType
from typing import Final

from PIL import Image
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from pipeline.errors import OutputBroken
from pipeline.media.exif import orientation_of
from pipeline.media.formats import format_of
from pipeline.media.inspection.limits import MAX_DECODED_PIXELS, MAX_SENT_BYTES
from pipeline.media.structure.png import decoded_chunks

_SIDES: Final = (2048, 1536, 1024, 768, 512, 256)
"""Pixels of the longer side to try, one after the other; the last one is always small enough."""
_QUALITY: Final = 85
_LARGEST_PROFILE: Final = 16 * 1024
"""Bytes of a colour profile that is sent with the picture; those of cameras and screens have one to four thousand."""

# Image.open() would try every parser that Pillow has.
_PARSERS: Final = MappingProxyType[str, type[ImageFile]](
    {"png": PngImageFile, "jpeg": JpegImageFile, "webp": WebPImageFile, "gif": GifImageFile}
)
_UPRIGHT: Final = MappingProxyType(
    {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
)
"""What undoes each orientation."""

# What Pillow's parsers and decoders raise about bytes they cannot read; SyntaxError is its "not this format".
_DECODER_ERRORS: Final = (
    SyntaxError,
    OSError,
    ValueError,
    EOFError,
    RuntimeError,
    OverflowError,
    KeyError,
    IndexError,
    TypeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


def shrink(data: bytes, subject: str = "it") -> bytes:
    """The picture in at most MAX_SENT_BYTES of WebP, upright, as large as fits. Blocks for up to seconds.

    `data` is a complete PNG, JPEG, WebP or GIF picture; of several frames the first counts. Raises OutputBroken, about
    `subject`.
    """
    kind = format_of(data)
    if kind is None or kind.name not in _PARSERS:
        raise OutputBroken(f"{subject} is of a kind that is not made smaller.")
    try:
        with _PARSERS[kind.name](BytesIO(decoded_chunks(data) if kind.name == "png" else data)) as opened:
            if opened.width * opened.height > MAX_DECODED_PIXELS:
                size = f"{opened.width} × {opened.height} pixels"
                raise OutputBroken(f"{subject} has {size}; at most {MAX_DECODED_PIXELS:,} are decoded.")
            opened.draft("RGB", (_SIDES[0], _SIDES[0]))  # a JPEG need not be decoded in its full size
            orientation = orientation_of(opened.info.get("exif") or b"")
            profile = _profile(opened)
            picture = _in_colour(opened)
    except _DECODER_ERRORS as error:
        raise OutputBroken(f"{subject} is damaged.") from error
    picture.thumbnail((_SIDES[0], _SIDES[0]), Image.Resampling.LANCZOS)
    if orientation in _UPRIGHT:
        picture = picture.transpose(_UPRIGHT[orientation])
    smaller = b""
    for side in _SIDES:
        picture.thumbnail((side, side), Image.Resampling.LANCZOS)
        file = BytesIO()
        picture.save(file, "WEBP", quality=_QUALITY, icc_profile=profile)
        smaller = file.getvalue()
        if len(smaller) <= MAX_SENT_BYTES:
            break
    return smaller


def _profile(opened: ImageFile) -> bytes | None:
    """The colour profile that is still true of the picture once it has red, green and blue."""
    profile = opened.info.get("icc_profile")
    fits = isinstance(profile, bytes) and len(profile) <= _LARGEST_PROFILE and profile[16:20] == b"RGB "
    return profile if fits else None


def _in_colour(opened: ImageFile) -> Image.Image:
    """Eight bits each of red, green, blue and, where there is any transparency, alpha."""
    opened.load()
    picture: Image.Image = opened
    if opened.mode == "I;16":
        # Pillow cuts larger numbers off at 255 instead of scaling them.
        picture = Image.frombytes("L", opened.size, opened.tobytes(), "raw", "L;16")
        if isinstance(transparent := opened.info.get("transparency"), int):
            picture.info["transparency"] = transparent >> 8
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    if picture.mode == mode and "transparency" not in picture.info:
        return picture
    return picture.convert(mode)
