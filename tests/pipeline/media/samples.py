"""Small real pictures of every format, made by Pillow."""

from functools import cache
from io import BytesIO

from PIL import Image

WIDTH, HEIGHT = 96, 64
KINDS = ("png", "jpeg", "progressive", "thumbnailed", "webp", "lossless", "gif", "avif")

_SAVED_AS: dict[str, tuple[str, dict[str, object]]] = {
    "png": ("png", {}),
    "jpeg": ("jpeg", {"quality": 90}),
    "progressive": ("jpeg", {"quality": 90, "progressive": True}),
    "webp": ("webp", {"quality": 90}),
    "lossless": ("webp", {"lossless": True}),
    "gif": ("gif", {}),
    "avif": ("avif", {}),
}


@cache
def sample(kind: str) -> bytes:
    """A picture of 96 × 64 pixels with enough noise to compress badly."""
    if kind == "thumbnailed":
        return _with_thumbnail(sample("jpeg"))
    gradient = Image.linear_gradient("L").resize((WIDTH, HEIGHT))
    noise = Image.effect_noise((WIDTH, HEIGHT), 60)
    picture = Image.merge("RGB", (gradient, noise, gradient.transpose(Image.Transpose.ROTATE_180)))
    saved_as, options = _SAVED_AS[kind]
    buffer = BytesIO()
    picture.save(buffer, saved_as, **options)
    return buffer.getvalue()


def _with_thumbnail(jpeg: bytes) -> bytes:
    """A JPEG that carries a whole smaller one, scan and end marker included, ahead of its own scan."""
    segment = b"Exif\0\0" + sample("progressive")
    return jpeg[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2, "big") + segment + jpeg[2:]
