"""What holds for every store."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from pipeline.errors import Invalid, NotFound
from pipeline.media.content_types import CONTENT_TYPES
from pipeline.stores import Store, picture_key

PICTURE = b"\x89PNG not really" * 1000
UNKEYS = [
    "",
    "/etc/passwd.png",
    "../secret.png",
    "a/../b.png",
    "a/./b.png",
    "a//b.png",
    "a/.hidden.png",
    "a/",
    "a\\b.png",
    "a b.png",
    "ä.png",
    "a\n.png",
    "a.png\n",
    "a\0.png",
    "x" * 252 + ".png",
    "page.html",
    "png",
]


async def read(store: Store, key: str) -> bytes:
    async with await store.open(key) as stored:
        data = b"".join([chunk async for chunk in stored.chunks])
        assert stored.size == len(data)
        return data


async def keys(store: Store, prefix: str = "") -> list[str]:
    return sorted([stored.key async for stored in store.list(prefix)])


async def test_a_picture_comes_back_as_it_was_put(store: Store) -> None:
    for extension, content_type in CONTENT_TYPES.items():
        key = picture_key(uuid4(), 0, PICTURE, extension)
        await store.put(key, PICTURE, content_type)
        async with await store.open(key) as stored:
            assert stored.content_type == content_type
        assert await read(store, key) == PICTURE


async def test_every_size(store: Store) -> None:
    for size in (0, 1, 5 * 1024 * 1024):
        data = bytes(range(256)) * (size // 256) + bytes(size % 256)
        await store.put("g/0-size.png", data, "image/png")
        assert await read(store, "g/0-size.png") == data


async def test_putting_the_same_twice_does_no_harm(store: Store) -> None:
    for _ in range(2):
        await store.put("g/0-a.png", PICTURE, "image/png")
    assert await read(store, "g/0-a.png") == PICTURE
    assert await keys(store) == ["g/0-a.png"]


async def test_many_puts_at_once_and_some_of_them_the_same(store: Store) -> None:
    """The first of them find neither bucket nor directory."""
    wanted = {f"g{n % 5}/{n}-x.png": PICTURE + bytes([n]) for n in range(10)}
    puts = [store.put(key, data, "image/png") for key, data in [*wanted.items(), *wanted.items()]]
    await asyncio.gather(*puts)
    assert await keys(store) == sorted(wanted)
    assert await asyncio.gather(*(read(store, key) for key in wanted)) == list(wanted.values())


async def test_nothing_is_there_before_the_first_put(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.open("g/0-a.png")
    assert await keys(store) == []
    await store.delete("g/0-a.png")


async def test_what_is_missing_is_not_found(store: Store) -> None:
    await store.put("g/0-a.png", PICTURE, "image/png")
    for key in ("g/0-b.png", "other/0-a.png", "g/0-a.png/more.png"):
        with pytest.raises(NotFound, match="There is no picture"):
            await store.open(key)


async def test_a_deleted_picture_is_gone_and_its_neighbour_stays(store: Store) -> None:
    await store.put("g/0-a.png", PICTURE, "image/png")
    await store.put("g/1-b.png", PICTURE, "image/png")
    await store.delete("g/0-a.png")
    await store.delete("g/0-a.png")
    assert await keys(store) == ["g/1-b.png"]
    await store.delete("g/1-b.png")
    assert await keys(store) == []
    await store.put("g/0-a.png", PICTURE, "image/png")
    assert await read(store, "g/0-a.png") == PICTURE


async def test_a_listing_has_every_key_with_the_prefix(store: Store) -> None:
    everything = ["ab/0-x.png", "ab/1-y.png", "abc/0-z.png", "top.png"]
    for key in everything:
        await store.put(key, PICTURE, "image/png")
    assert await keys(store) == everything
    assert await keys(store, "ab") == everything[:3]
    assert await keys(store, "ab/") == everything[:2]
    assert await keys(store, "ab/1-") == ["ab/1-y.png"]
    assert await keys(store, "t") == ["top.png"]
    assert await keys(store, "nothing/") == []


async def test_a_listing_tells_ages(store: Store) -> None:
    await store.put("g/0-a.png", PICTURE, "image/png")
    assert [timedelta() <= stored.age < timedelta(minutes=1) async for stored in store.list()] == [True]


async def test_what_cannot_be_a_key_is_refused(store: Store) -> None:
    for key in UNKEYS:
        with pytest.raises(Invalid):
            await store.put(key, PICTURE, "image/png")
        with pytest.raises(Invalid):
            await store.delete(key)
        with pytest.raises(NotFound):
            await store.open(key)


async def test_what_cannot_begin_a_key_is_refused(store: Store) -> None:
    for prefix in ("/", "..", "a/../", ".", "a b"):
        with pytest.raises(Invalid):
            await keys(store, prefix)


async def test_a_type_other_than_the_extensions_is_refused(store: Store) -> None:
    with pytest.raises(Invalid):
        await store.put("a.png", PICTURE, "image/jpeg")


async def test_a_reader_may_leave_early(store: Store) -> None:
    await store.put("g/0-a.png", bytes(3 * 1024 * 1024), "image/png")
    async with await store.open("g/0-a.png") as stored:
        assert await anext(stored.chunks)
    async with await store.open("g/0-a.png") as stored:
        assert stored.size == 3 * 1024 * 1024
    await store.put("g/0-a.png", PICTURE, "image/png")
    assert await read(store, "g/0-a.png") == PICTURE


async def test_a_store_that_works_says_so(store: Store) -> None:
    await store.check()
    await store.check()
    assert await keys(store) == []
