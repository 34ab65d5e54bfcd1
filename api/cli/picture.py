"""The pictures a generation brought: where they lie, or where they were saved."""

from pathlib import Path
from typing import NamedTuple

from api.client import Client, Generation, Image


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

    Raises Problem, Unreachable, and OSError when a file cannot be written.
    """
    saved = []
    for number, picture in enumerate(pictures, start=1):
        path = out if number == 1 else out.with_name(f"{out.stem}-{number}{out.suffix}")
        await client.download(picture.url, path)
        saved.append(picture._replace(path=path))
    return saved


def describe(image: Image) -> str:
    """Size, format and weight: `1024×768 webp, 312 kB`."""
    return f"{image['width']}×{image['height']} {image['format']}, {_weight(image['file_size'])}"


def _weight(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1_000_000 else f"{max(1, round(size / 1e3))} kB"
