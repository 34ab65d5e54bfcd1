"""A painted image as the bytes of a file."""

import io

from PIL import Image

from pipeline.providers.painter.pictures.mosaic import mosaic

PNG_COMPRESS_LEVEL = 3
"""Grain hardly compresses: higher levels cost three times the time for a few per cent."""


def encode(image: Image.Image, ending: str, quality: int) -> bytes:
    """PNG, WebP, JPEG or SVG bytes by the ending `png`, `webp`, `jpg` or `svg`.

    `quality` is 0 to 100, for WebP and JPEG.
    """
    if ending == "svg":
        return mosaic(image)
    file = io.BytesIO()
    match ending:
        case "webp":
            image.save(file, "WEBP", quality=quality, method=2)
        case "jpg":
            image.save(file, "JPEG", quality=quality)
        case _:
            image.save(file, "PNG", compress_level=PNG_COMPRESS_LEVEL)
    return file.getvalue()
