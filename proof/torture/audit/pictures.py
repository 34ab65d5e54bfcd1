"""Audits the pictures: exactly those asked for, each readable at its address; and nothing else in the store."""

import asyncio
import io
from collections.abc import Iterator, Sequence

import aiohttp
from PIL import Image as Picture
from PIL import UnidentifiedImageError

from proof.torture.audit.findings import Class, Finding
from proof.torture.audit.world import World
from proof.torture.rows import Image
from schema.statuses import Status

AT_ONCE = 16


def exactly_its_pictures(world: World) -> Iterator[Finding]:
    """A completed generation has the pictures 0 … num_outputs - 1; another one has none."""
    for row in world.rows:
        found = [image.idx for image in world.images_of.get(row.id, [])]
        expected = list(range(row.num_outputs)) if row.status == Status.COMPLETED else []
        if found != expected:
            cls = Class.DUPLICATED if len(found) > len(expected) else Class.LOST
            yield Finding(cls, row.id, f"{row.status} with pictures {found} instead of {expected}", row.timeline)


def orphans(world: World) -> Iterator[Finding]:
    """Every object in the store is somebody's picture."""
    for key in sorted(world.objects - {image.storage_path for image in world.images}):
        yield Finding(Class.ORPHAN, key, "no generation refers to it")


async def unreadable(images: Sequence[Image], session: aiohttp.ClientSession) -> list[Finding]:
    """Fetch every picture from its public address, and hold it against its row."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def check(image: Image) -> Finding | None:
        async with turn:
            wrong = await _wrong_with(image, session)
        about = f"{image.generation_id}, picture {image.idx}"
        return Finding(Class.UNREADABLE, about, wrong) if wrong else None

    checked = await asyncio.gather(*(check(image) for image in images))
    return [finding for finding in checked if finding is not None]


async def _wrong_with(image: Image, session: aiohttp.ClientSession) -> str | None:
    try:
        async with session.get(image.public_url) as answer:
            if answer.status != 200:
                return f"{image.public_url} answers {answer.status}"
            data = await answer.read()
    except (aiohttp.ClientError, TimeoutError) as error:
        return f"{image.public_url} does not answer: {type(error).__name__} {error}"
    if len(data) != image.file_size:
        return f"{len(data)} bytes instead of {image.file_size}"
    return await asyncio.to_thread(_not_as_described, data, image)


def _not_as_described(data: bytes, image: Image) -> str | None:
    try:
        with Picture.open(io.BytesIO(data)) as picture:
            picture.load()
            size = picture.size
    except (OSError, SyntaxError, UnidentifiedImageError) as error:
        return f"cannot be decoded: {error}"
    return None if size == (image.width, image.height) else f"is {size} instead of {(image.width, image.height)}"
