"""What a bucket owes beside what every store does: clear words for everything that can be wrong with one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiobotocore.session import get_session
from pydantic import SecretStr

from pipeline.errors import NotFound, StoreError
from pipeline.settings import Settings
from pipeline.stores import open_store
from tests.swift.server import SwiftServer, held_port

PICTURE = b"\x89PNG not really" * 1000
KEY = "g/0-a.png"


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore waits a second or two between its three attempts; here nobody gets better by waiting."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)


@asynccontextmanager
async def raw_client(settings: Settings) -> AsyncIterator[Any]:
    """A client without our store around it."""
    assert settings.s3_secret_access_key is not None
    async with get_session().create_client(
        "s3",
        region_name=settings.s3_region,
        endpoint_url=settings.s3_endpoint_url,
        aws_access_key_id=settings.s3_access_key_id,
        aws_secret_access_key=settings.s3_secret_access_key.get_secret_value(),
    ) as client:
        yield client


@asynccontextmanager
async def lying_server(answer: bytes) -> AsyncIterator[str]:
    """The address of a server that says `answer` to whatever comes and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_picture_says_that_it_never_changes(bucket_settings: Settings) -> None:
    async with open_store(bucket_settings) as store, raw_client(bucket_settings) as client:
        await store.put(KEY, PICTURE, "image/png")
        head = await client.head_object(Bucket=bucket_settings.s3_bucket, Key=KEY)
    assert head["ContentType"] == "image/png"
    assert head["CacheControl"] == "public, max-age=31536000, immutable"


async def test_checking_makes_the_bucket(bucket_settings: Settings) -> None:
    async with open_store(bucket_settings) as store, raw_client(bucket_settings) as client:
        await store.check()
        names = [bucket["Name"] for bucket in (await client.list_buckets())["Buckets"]]
    assert bucket_settings.s3_bucket in names


async def test_a_bucket_that_vanished_is_made_again(bucket_settings: Settings) -> None:
    async with open_store(bucket_settings) as store, raw_client(bucket_settings) as client:
        await store.check()
        await client.delete_bucket(Bucket=bucket_settings.s3_bucket)
        await store.put(KEY, PICTURE, "image/png")
        assert [stored.key async for stored in store.list()] == [KEY]


async def test_what_others_keep_in_the_bucket_is_not_listed(bucket_settings: Settings) -> None:
    async with open_store(bucket_settings) as store, raw_client(bucket_settings) as client:
        await store.put(KEY, PICTURE, "image/png")
        await client.put_object(Bucket=bucket_settings.s3_bucket, Key="notes é.txt", Body=b"mine")
        assert [stored.key async for stored in store.list()] == [KEY]


async def everything_fails(settings: Settings, *words: str) -> None:
    """Every call raises StoreError, with these words and no secret."""
    assert settings.s3_secret_access_key is not None
    async with open_store(settings) as store:

        async def listed() -> None:
            async for _ in store.list():
                pass

        calls: list[Callable[[], Awaitable[object]]] = [
            lambda: store.put(KEY, PICTURE, "image/png"),
            lambda: store.open(KEY),
            lambda: store.delete(KEY),
            listed,
            store.check,
        ]
        for call in calls:
            with pytest.raises(StoreError) as caught:
                await call()
            message = str(caught.value)
            assert all(word in message for word in (*words, str(settings.s3_bucket))), message
            assert settings.s3_secret_access_key.get_secret_value() not in message


async def test_a_wrong_secret_is_refused(bucket_settings: Settings) -> None:
    wrong = bucket_settings.model_copy(update={"s3_secret_access_key": SecretStr("wrong")})
    await everything_fails(wrong, "check S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY", wrong.s3_endpoint_url or "")


async def test_an_unknown_key_is_refused(bucket_settings: Settings) -> None:
    wrong = bucket_settings.model_copy(update={"s3_access_key_id": "dark:nobody"})
    await everything_fails(wrong, "check S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY")


async def test_a_name_that_no_bucket_can_have_is_told(bucket_settings: Settings) -> None:
    await everything_fails(bucket_settings.model_copy(update={"s3_bucket": "b"}), "check S3_BUCKET")


async def test_keys_without_rights_are_told_which_they_need(bucket_settings: Settings, swift: SwiftServer) -> None:
    async with open_store(bucket_settings) as store:
        await store.put(KEY, PICTURE, "image/png")
    guest = {
        "s3_access_key_id": swift.guest_access_key,
        "s3_secret_access_key": SecretStr(swift.guest_secret_key),
    }
    await everything_fails(bucket_settings.model_copy(update=guest), "list the bucket and get, put and delete")


async def test_a_bucket_that_may_not_be_made_is_told(bucket_settings: Settings) -> None:
    """S3's own words for it: the bucket is missing, and making one is forbidden."""
    missing = b"<Error><Code>NoSuchBucket</Code></Error>"
    forbidden = b"<Error><Code>AccessDenied</Code></Error>"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        makes_bucket = request.split(b" ")[1].count(b"/") == 1
        status, body = (b"403 Forbidden", forbidden) if makes_bucket else (b"404 Not Found", missing)
        writer.write(b"HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        settings = bucket_settings.model_copy(update={"s3_endpoint_url": address})
        async with open_store(settings) as store:
            with pytest.raises(StoreError, match="could not be created: AccessDenied; create it, or let these"):
                await store.put(KEY, PICTURE, "image/png")


async def test_a_server_that_is_down_is_told(bucket_settings: Settings) -> None:
    with held_port() as port:
        address = f"http://127.0.0.1:{port}"
        down = bucket_settings.model_copy(update={"s3_endpoint_url": address})
        await everything_fails(down, "check S3_ENDPOINT_URL and that the server runs", address)


async def test_a_server_that_hangs_up_is_told(bucket_settings: Settings) -> None:
    async with lying_server(b"") as address:
        silent = bucket_settings.model_copy(update={"s3_endpoint_url": address})
        await everything_fails(silent, "no answer")


async def test_something_that_is_no_s3_is_told(bucket_settings: Settings) -> None:
    page = b"<html>hello</html>"
    answer = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: %d\r\n\r\n%s" % (len(page), page)
    async with lying_server(answer) as address:
        other = bucket_settings.model_copy(update={"s3_endpoint_url": address})
        await everything_fails(other, "could not")


async def test_a_picture_cut_off_in_the_middle_is_told(bucket_settings: Settings) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 1000\r\n\r\nshort"
    async with lying_server(answer) as address:
        settings = bucket_settings.model_copy(update={"s3_endpoint_url": address})
        async with open_store(settings) as store, await store.open(KEY) as stored:
            assert stored.size == 1000
            with pytest.raises(StoreError, match="could not give"):
                _ = [chunk async for chunk in stored.chunks]


async def test_a_missing_bucket_holds_nothing(bucket_settings: Settings) -> None:
    async with open_store(bucket_settings) as store:
        with pytest.raises(NotFound):
            await store.open(KEY)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"s3_secret_access_key": None}, "both"),
        ({"s3_access_key_id": None}, "both"),
        ({"s3_endpoint_url": "not an address"}, "S3_ENDPOINT_URL"),
    ],
)
async def test_settings_that_cannot_be_right_are_told_at_once(
    bucket_settings: Settings, changes: dict[str, str | None], words: str
) -> None:
    with pytest.raises(StoreError, match=words):
        async with open_store(bucket_settings.model_copy(update=changes)):
            pass


async def test_a_password_in_the_endpoint_is_not_repeated(bucket_settings: Settings) -> None:
    with held_port() as port:
        address = f"http://user:hunter2@127.0.0.1:{port}"
        async with open_store(bucket_settings.model_copy(update={"s3_endpoint_url": address})) as store:
            with pytest.raises(StoreError) as caught:
                await store.check()
    assert f"http://127.0.0.1:{port}" in str(caught.value)
    assert "hunter2" not in str(caught.value)
