"""The raster formats Darkroom keeps: how each begins, and who reads its structure."""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.media.structure import avif, gif, jpeg, png, webp
from pipeline.media.structure.parts import Parts


@dataclass(frozen=True, slots=True)
class Format:
    """One picture format; `extension` is without its dot and a key of CONTENT_TYPES."""

    name: str
    extension: str
    begins: Callable[[bytes], bool]
    size: Callable[[bytes, Parts], tuple[int, int]] | None
    """Reads width and height in pixels and checks the structure; None where that takes a library's parser."""


FORMATS = (
    Format("png", "png", lambda data: data.startswith(png.SIGNATURE), png.png_size),
    Format("jpeg", "jpg", lambda data: data.startswith(b"\xff\xd8\xff"), jpeg.jpeg_size),
    Format("webp", "webp", lambda data: data.startswith(b"RIFF") and data[8:12] == b"WEBP", webp.webp_size),
    Format("gif", "gif", lambda data: data.startswith((b"GIF87a", b"GIF89a")), gif.gif_size),
    Format("avif", "avif", avif.is_avif, None),
)


def format_of(data: bytes) -> Format | None:
    """The format in which `data` begins, None when Darkroom keeps no such format. A name is never asked."""
    return next((kept for kept in FORMATS if kept.begins(data)), None)
