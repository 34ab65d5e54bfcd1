"""A whole Darkroom that keeps its pictures in a bucket, asked for one from the command line."""

import asyncio
import io
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiobotocore.session import get_session
from PIL import Image

from pipeline.embedded.background import BackgroundStack
from pipeline.embedded.stack import Stack
from pipeline.embedded.voice import Voice
from pipeline.settings.painter import PainterSettings
from tests.conftest import settings_at
from tests.swift.server import SwiftServer

BUCKET = "darkroom-pictures"
SIDE = 256


@pytest.fixture
def house(swift: SwiftServer) -> Iterator[BackgroundStack]:
    """A running Darkroom with everything embedded but the store."""
    with tempfile.TemporaryDirectory(prefix="dr-") as home:
        stack = Stack(
            settings_at(Path(home)),
            painter=PainterSettings(),
            env={
                "PAINTER_SECONDS": "0.1",
                "S3_BUCKET": BUCKET,
                "S3_ENDPOINT_URL": swift.endpoint_url,
                "S3_REGION": swift.region,
                "S3_ACCESS_KEY_ID": swift.access_key,
                "S3_SECRET_ACCESS_KEY": swift.secret_key,
            },
            voice=Voice(io.StringIO()),
        )
        with BackgroundStack(stack) as running:
            yield running


@asynccontextmanager
async def bucket_client(swift: SwiftServer) -> AsyncIterator[Any]:
    """A client of the server without any of ours around it."""
    async with get_session().create_client(
        "s3",
        region_name=swift.region,
        endpoint_url=swift.endpoint_url,
        aws_access_key_id=swift.access_key,
        aws_secret_access_key=swift.secret_key,
    ) as client:
        yield client


async def darkroom(house: BackgroundStack, folder: Path, *arguments: str) -> str:
    """Run the command line to its good end; what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "api.cli", *arguments),
        cwd=folder,
        env=house.stack.env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, err.decode()
    return out.decode()


async def test_a_picture_of_the_command_line_lies_in_the_bucket_and_is_served_from_it(
    house: BackgroundStack, swift: SwiftServer, tmp_path: Path
) -> None:
    out = tmp_path / "lighthouse.png"
    model = ["--model", "stability-ai/sdxl", "--width", str(SIDE), "--height", str(SIDE)]
    said = await darkroom(house, tmp_path, "--json", "submit", "a lighthouse", *model, "--watch", "--out", str(out))
    generation = json.loads(said.splitlines()[-1])["generation"]
    data = out.read_bytes()
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        assert (picture.format, picture.size) == ("PNG", (SIDE, SIDE))

    (image,) = generation["images"]
    async with bucket_client(swift) as client:
        stored = await client.get_object(Bucket=BUCKET, Key=image["storage_path"])
        assert (stored["ContentType"], await stored["Body"].read()) == ("image/png", data)
    async with aiohttp.request("GET", image["url"]) as answer:
        assert (answer.status, answer.content_type, await answer.read()) == (200, "image/png", data)
    assert not (Path(house.stack.env["DARKROOM_HOME"]) / "pictures").exists()
