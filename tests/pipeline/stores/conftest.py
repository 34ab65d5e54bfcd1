"""One store of each kind, empty, for the tests that hold for both."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from pipeline.settings import Settings
from pipeline.stores import Store, open_store
from tests.swift.server import SwiftServer


@pytest.fixture
def directory_settings(tmp_path: Path) -> Settings:
    """Settings of a directory that is not there yet, whatever the environment says."""
    return Settings(_env_file=None, DARKROOM_HOME=tmp_path, port=8123, public_url=None, s3_bucket=None)


@pytest.fixture
def bucket_settings(directory_settings: Settings, swift: SwiftServer) -> Settings:
    """Settings of a bucket that is not there yet, on a real server."""
    return directory_settings.model_copy(
        update={
            "s3_bucket": f"pictures-{uuid4().hex}",
            "s3_endpoint_url": swift.endpoint_url,
            "s3_region": swift.region,
            "s3_access_key_id": swift.access_key,
            "s3_secret_access_key": SecretStr(swift.secret_key),
            "s3_public_url": None,
        }
    )


@pytest.fixture(params=["directory", "bucket"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """An open store with nothing in it."""
    settings: Settings = request.getfixturevalue(f"{request.param}_settings")
    async with open_store(settings) as opened:
        yield opened
