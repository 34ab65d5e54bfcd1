"""The formats Darkroom keeps: how each begins, how it ends, and Pillow's parser for it."""

from collections.abc import Callable
from dataclasses import dataclass

from PIL import features
from PIL.AvifImagePlugin import AvifImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from pipeline.media.completeness import (
    avif_is_whole,
    gif_is_whole,
    jpeg_is_whole,
    png_is_whole,
    webp_is_whole,
)


@dataclass(frozen=True, slots=True)
class Format:
    """One picture format; `extension` is without its dot and a key of CONTENT_TYPES."""

    name: str
    extension: str
    begins: Callable[[bytes], bool]
    is_whole: Callable[[bytes], bool]
    # Pillow's own class for the format. Image.open() tries every parser it has and only warns about a
    # decompression bomb; which formats are let in and how many pixels are too many is decided here.
    parser: type[ImageFile]


def _is_avif(data: bytes) -> bool:
    """The file type box names AVIF as its brand or as one it is compatible with (AVIF specification, 6)."""
    if data[4:8] != b"ftyp":
        return False
    brands = data[8 : min(int.from_bytes(data[:4], "big"), 256)]
    return any(brands[at : at + 4] in (b"avif", b"avis") for at in range(0, len(brands), 4))


_FORMATS = (
    Format("png", "png", lambda data: data.startswith(b"\x89PNG\r\n\x1a\n"), png_is_whole, PngImageFile),
    Format("jpeg", "jpg", lambda data: data.startswith(b"\xff\xd8\xff"), jpeg_is_whole, JpegImageFile),
    Format(
        "webp",
        "webp",
        lambda data: data.startswith(b"RIFF") and data[8:12] == b"WEBP",
        webp_is_whole,
        WebPImageFile,
    ),
    Format("gif", "gif", lambda data: data.startswith((b"GIF87a", b"GIF89a")), gif_is_whole, GifImageFile),
    Format("avif", "avif", _is_avif, avif_is_whole, AvifImageFile),
)
# Pillow can be built without these two.
FORMATS = tuple(kept for kept in _FORMATS if kept.name not in ("webp", "avif") or features.check_module(kept.name))


def format_of(data: bytes) -> Format | None:
    """The format in which `data` begins, None when Darkroom keeps no such format. A name is never asked."""
    return next((kept for kept in FORMATS if kept.begins(data)), None)
