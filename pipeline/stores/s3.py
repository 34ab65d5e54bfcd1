"""Keeps pictures in an S3 bucket. Importing this costs 0.3 s and 27 MB: `open_store` does it when it must."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Final

from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession, get_session
from botocore.exceptions import ClientError

from pipeline.errors import NotFound, StoreError
from pipeline.settings import Settings
from pipeline.stores.keys import check_key, check_prefix, is_key
from pipeline.stores.s3_errors import BUCKET_EXISTS, NO_BUCKET, BucketName, code_of
from pipeline.stores.store import StoredKey, StoredObject

_CHUNK_BYTES: Final = 256 * 1024
_CONNECTIONS: Final = 64  # of one process; further puts wait for one
_FOREVER: Final = "public, max-age=31536000, immutable"  # a key names its content, which never changes
_NO_LOCATION: Final = "us-east-1"  # the region that CreateBucket must not be told (S3 API reference)


class S3Store:
    """The store of more than one machine: pictures in a bucket, made by the first put when it is missing.

    The keys need the rights to list the bucket (without it S3 answers "forbidden" for what is missing) and
    to get, put and delete objects. One client serves a process; it belongs to the loop that opened it.
    """

    def __init__(self, client: Any, name: BucketName, region: str, picture_base: str) -> None:
        self._client = client  # Any: botocore makes its methods at run time
        self._name = name
        self._bucket = {"Bucket": name.bucket}
        self._region = region
        self._picture_base = picture_base

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        """See Store; durable as the bucket is."""
        check_key(key, content_type)
        request = {
            **self._bucket,
            "Key": key,
            "Body": data,
            "ContentType": content_type,
            "CacheControl": _FOREVER,
        }
        with self._name.explained(f"keep {key}"):
            try:
                await self._client.put_object(**request)
            except ClientError as error:
                if code_of(error) not in NO_BUCKET:
                    raise
                await self._create_bucket()
                await self._client.put_object(**request)

    async def open(self, key: str) -> StoredObject:
        """See Store."""
        if not is_key(key):
            raise NotFound(f"There is no picture {key[:80]!r}.")
        with self._name.explained(f"give {key}", key=key):
            answer = await self._client.get_object(**self._bucket, Key=key)
        body = answer["Body"]
        return StoredObject(answer["ContentType"], answer["ContentLength"], self._chunks(body, key), body.aclose)

    async def _chunks(self, body: Any, key: str) -> AsyncIterator[bytes]:
        with self._name.explained(f"give {key}"):
            async for chunk in body.iter_chunks(_CHUNK_BYTES):
                yield chunk

    async def delete(self, key: str) -> None:
        """See Store."""
        check_key(key)
        with self._name.explained(f"delete {key}"):
            try:
                await self._client.delete_object(**self._bucket, Key=key)
            except ClientError as error:
                if code_of(error) not in NO_BUCKET:
                    raise

    async def list(self, prefix: str = "") -> AsyncIterator[StoredKey]:
        """See Store; a page of a thousand keys at a time."""
        check_prefix(prefix)
        pages = self._client.get_paginator("list_objects_v2").paginate(**self._bucket, Prefix=prefix)
        with self._name.explained("be listed"):
            try:
                async for page in pages:
                    now = _server_time(page)
                    for entry in page.get("Contents", ()):
                        if is_key(entry["Key"]):  # what others keep in the bucket is none of ours
                            yield StoredKey(entry["Key"], max(timedelta(), now - entry["LastModified"]))
            except ClientError as error:
                if code_of(error) not in NO_BUCKET:
                    raise

    def public_url(self, key: str) -> str:
        """See Store."""
        return f"{self._picture_base}/{key}"

    async def check(self) -> None:
        """See Store; makes the bucket when it is missing."""
        with self._name.explained("be found"):
            try:
                await self._client.head_bucket(**self._bucket)
            except ClientError as error:
                if code_of(error) not in NO_BUCKET:
                    raise
                await self._create_bucket()
                await self._client.head_bucket(**self._bucket)  # or it is somebody else's

    async def _create_bucket(self) -> None:
        """Make the bucket; another process may have been quicker."""
        where = {"LocationConstraint": self._region}
        options = {} if self._region == _NO_LOCATION else {"CreateBucketConfiguration": where}
        with self._name.explained("be created", advice="create it, or let these keys create it"):
            try:
                await self._client.create_bucket(**self._bucket, **options)
            except ClientError as error:
                if code_of(error) not in BUCKET_EXISTS:
                    raise


def _server_time(page: dict[str, Any]) -> datetime:
    """When the server answered, by its own clock: an age must not depend on ours."""
    date = page["ResponseMetadata"]["HTTPHeaders"].get("date")
    return parsedate_to_datetime(date) if date else datetime.now(UTC)


@cache
def _session() -> AioSession:
    """The process's session: it belongs to no loop, and a second one reads 150 ms of descriptions again."""
    return get_session()


@asynccontextmanager
async def open_s3(settings: Settings, picture_base: str) -> AsyncIterator[S3Store]:
    """The store in settings' bucket; `picture_base` precedes "/<key>" in public addresses.

    Nothing is asked of the server yet. Raises StoreError when the settings cannot be right.
    """
    endpoint, key_id, secret = (
        settings.s3_endpoint_url,
        settings.s3_access_key_id,
        settings.s3_secret_access_key,
    )
    name = BucketName(settings.s3_bucket or "", endpoint)
    if (key_id is None) != (secret is None):
        raise StoreError(f"{name} needs both S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY, or neither.")
    # Later checksums than S3's first are refused by older servers, hence when_required; and boto3's defaults
    # wait a minute for a server that is not there.
    config = AioConfig(
        signature_version="s3v4",
        s3={"addressing_style": "path"} if endpoint else None,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        max_pool_connections=_CONNECTIONS,
        connect_timeout=3,
        read_timeout=30,
        retries={"mode": "standard", "max_attempts": 3},
        warm_up_loader_caches=True,  # its 0.2 s of reading in a thread
    )
    async with AsyncExitStack() as stack:
        with name.explained("be opened"):
            try:
                client = await stack.enter_async_context(
                    _session().create_client(
                        "s3",
                        region_name=settings.s3_region,
                        endpoint_url=endpoint,
                        aws_access_key_id=key_id,
                        aws_secret_access_key=secret.get_secret_value() if secret else None,
                        config=config,
                    )
                )
            except ValueError as error:
                raise StoreError(f"{name} cannot be opened: S3_ENDPOINT_URL is no address.") from error
        yield S3Store(client, name, settings.s3_region, picture_base)
