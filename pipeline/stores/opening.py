"""Chooses the store that the settings name."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pipeline.settings import Settings
from pipeline.stores.directory import DirectoryStore
from pipeline.stores.store import Store


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """The bucket when S3_BUCKET is set, else the directory `$DARKROOM_HOME/pictures`.

    Open one in a process, on the loop that uses it. S3 is first asked by the first call, so a process may
    start before its bucket answers; `check()` tells. Raises StoreError.
    """
    served_by_web = f"{settings.public_url or f'http://127.0.0.1:{settings.port}'}/images"
    if settings.s3_bucket:
        from pipeline.stores.s3 import open_s3  # 0.3 s that a directory does not need

        async with open_s3(settings, settings.s3_public_url or served_by_web) as bucket:
            yield bucket
        return
    directory = DirectoryStore(settings.home / "pictures", served_by_web)
    await directory.prepare()
    yield directory
