"""The sweep of the store, over both kinds of store."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.resources import Resources, open_resources
from actors.store_sweep import MOST_FAILURES, StoreSweep
from pipeline.errors import StoreError
from pipeline.ids import new_id
from pipeline.settings import Settings
from pipeline.statements import fetch, statement
from pipeline.stores import Store, picture_key
from tests.rows import submit
from tests.swift.server import SwiftServer

PICTURE = b"\x89PNG not really"
FOREIGN = ["logo.png", "ab/notes.png", f"ab/{uuid4()}.png", f"zz/{uuid4()}-0-{'0' * 32}.png"]
"""Keys that a store may hold and picture_key never made."""
_FAIL = statement("UPDATE image_generations SET status = 'failed' WHERE id = :id RETURNING id")
_NAME = statement("""
    INSERT INTO images (id, generation_id, idx, filename, storage_path, public_url, file_size, width, height, format,
      prompt, model)
    VALUES (gen_random_uuid(), :id, 0, 'f', :key, 'u', 1, 1, 1, 'png', 'p', 'm') RETURNING id
""")


@pytest.fixture(params=["directory", "bucket"])
async def resources(
    request: pytest.FixtureRequest, settings: Settings, engine: AsyncEngine
) -> AsyncIterator[Resources]:
    """A clock's resources, with either store; everything in it counts as old at once."""
    given: dict[str, object] = {"orphan_seconds": 0.0, "replicate_api_token": SecretStr("a-token")}
    if request.param == "bucket":
        swift: SwiftServer = request.getfixturevalue("swift")
        given |= {
            "s3_bucket": f"pictures-{uuid4().hex}",
            "s3_endpoint_url": swift.endpoint_url,
            "s3_region": swift.region,
            "s3_access_key_id": swift.access_key,
            "s3_secret_access_key": SecretStr(swift.secret_key),
        }
    async with open_resources(settings.model_copy(update=given)) as opened:
        yield opened


@pytest.fixture
def directory(settings: Settings) -> str:
    """Where the directory store keeps its pictures."""
    return str(settings.home / "pictures")


async def put(resources: Resources, generation_id: UUID, idx: int = 0) -> str:
    key = picture_key(generation_id, idx, PICTURE, "png")
    await resources.store.put(key, PICTURE, "image/png")
    return key


async def keys(resources: Resources) -> set[str]:
    return {stored.key async for stored in resources.store.list()}


async def sweep(resources: Resources, **given: int) -> None:
    await StoreSweep(resources, asyncio.Event(), **given).look()


def having(resources: Resources, **changed: object) -> Resources:
    return Resources(**{**vars(resources), **changed})


def patient(resources: Resources) -> Resources:
    """The same, where only what is an hour old is old."""
    return having(resources, settings=resources.settings.model_copy(update={"orphan_seconds": 3600.0}))


async def test_what_nobody_needs_goes_and_everything_else_stays(resources: Resources, engine: AsyncEngine) -> None:
    failed, running, completed = [await submit(engine) for _ in range(3)]
    for generation_id in (failed, completed):
        await fetch(engine, _FAIL, id=generation_id)
    gone = {await put(resources, failed), await put(resources, completed, 1), await put(resources, new_id())}
    named = await put(resources, completed)
    await fetch(engine, _NAME, id=completed, key=named)
    kept = {named, await put(resources, running), *FOREIGN}
    for key in FOREIGN:
        await resources.store.put(key, PICTURE, "image/png")
    assert await keys(resources) == gone | kept
    await sweep(resources)
    assert await keys(resources) == kept
    await sweep(resources)
    assert await keys(resources) == kept


async def test_young_ones_stay(resources: Resources) -> None:
    key = await put(resources, new_id())
    await sweep(patient(resources))
    assert await keys(resources) == {key}


@pytest.mark.parametrize("resources", ["directory"], indirect=True)
async def test_the_age_that_counts_is_the_last_puts(resources: Resources, directory: str) -> None:
    old, again = new_id(), new_id()
    for key in (await put(resources, old), await put(resources, again)):
        os.utime(f"{directory}/{key}", (time.time() - 3700,) * 2)
    key = await put(resources, again)
    await sweep(patient(resources))
    assert await keys(resources) == {key}


async def test_more_than_a_batch(resources: Resources, engine: AsyncEngine) -> None:
    running = await submit(engine)
    kept = {await put(resources, running, idx) for idx in range(4)}
    for _ in range(7):
        await put(resources, new_id())
    await sweep(resources, batch=3)
    assert await keys(resources) == kept


async def test_several_clocks_at_once(resources: Resources, engine: AsyncEngine) -> None:
    failed = await submit(engine)
    await fetch(engine, _FAIL, id=failed)
    for idx in range(5):
        await put(resources, failed, idx)
        await put(resources, new_id())
    await asyncio.gather(*(sweep(resources) for _ in range(3)))
    # A row that one of them holds is skipped by the others, with all its objects: those are for the next time.
    await sweep(resources)
    assert await keys(resources) == set()


async def test_once_stopped_it_leaves_off(resources: Resources) -> None:
    key = await put(resources, new_id())
    stopped = asyncio.Event()
    stopped.set()
    await StoreSweep(resources, stopped).look()
    assert await keys(resources) == {key}


@dataclass
class Stubborn:
    """A real store that refuses to delete some of its objects, as a disk or a bucket's policy may."""

    store: Store
    refused: set[str]
    asked: list[str] = field(default_factory=list)

    async def delete(self, key: str) -> None:
        self.asked.append(key)
        if key in self.refused:
            raise StoreError(f"{key} is not to be deleted")
        await self.store.delete(key)

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)


async def test_one_that_cannot_be_deleted_does_not_hide_the_others(resources: Resources) -> None:
    kept = await put(resources, new_id())
    for _ in range(3):
        await put(resources, new_id())
    await sweep(having(resources, store=Stubborn(resources.store, {kept})))
    assert await keys(resources) == {kept}


async def test_a_store_that_refuses_everything_is_given_up(resources: Resources) -> None:
    everything = {await put(resources, new_id()) for _ in range(MOST_FAILURES + 3)}
    stubborn = Stubborn(resources.store, everything)
    with pytest.raises(StoreError, match="not to be deleted"):
        await sweep(having(resources, store=stubborn))
    assert len(stubborn.asked) == MOST_FAILURES
