"""The pictures a generation brought: where they lie, or where they were saved."""

import asyncio
from pathlib import Path
from typing import NamedTuple

from api.client import Client, Generation, Image

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
"""File name suffixes that name a format, and Pillow's name of it."""


class Picture(NamedTuple):
    """One picture."""

    image: Image
    url: str
    """Its full address."""
    path: Path | None
    """The file it was saved to."""

    @property
    def place(self) -> str:
        """Where to find it."""
        return str(self.path or self.url)


def pictures_of(client: Client, generation: Generation) -> list[Picture]:
    """The pictures, none of them saved."""
    return [Picture(image, str(client.address.resolve(image["url"])), None) for image in generation.get("images") or []]


async def save(client: Client, pictures: list[Picture], out: Path) -> list[Picture]:
    """Download every picture: the first to `out`, the next to `out` with -2 before its suffix, and so on.

    A suffix that names another format than the model brought is taken at its word.

    Raises Problem, Unreachable, and OSError when a file cannot be written.
    """
    saved = []
    for number, picture in enumerate(pictures, start=1):
        path = out if number == 1 else out.with_name(f"{out.stem}-{number}{out.suffix}")
        await client.download(picture.url, path)
        image = await asyncio.to_thread(convert_to_suffix, picture.image, path)
        saved.append(picture._replace(image=image, path=path))
    return saved


def convert_to_suffix(image: Image, path: Path) -> Image:
    """Rewrite the file at `path` in the format that its suffix names; the image as it is there now. Blocks."""
    wanted = FORMATS.get(path.suffix.lower())
    if wanted is None or wanted == FORMATS.get(f".{image['format']}"):
        return image
    if image["format"] == "svg":
        raise OSError(f"{path} is an SVG drawing, which is not turned into pixels here; save it as .svg")
    # Loaded here: a picture in its own format needs no codec.
    from PIL import Image as Pillow

    with Pillow.open(path) as opened:
        picture = opened.convert("RGB") if wanted == "JPEG" else opened.copy()
    converted = path.with_name(f".{path.name}.converted")
    picture.save(converted, wanted)
    converted.replace(path)
    return {**image, "format": wanted.lower(), "file_size": path.stat().st_size}


def describe(image: Image) -> str:
    """Size, format and weight: `1024×768 webp, 312 kB`."""
    return f"{image['width']}×{image['height']} {image['format']}, {_weight(image['file_size'])}"


def _weight(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1_000_000 else f"{max(1, round(size / 1e3))} kB"
