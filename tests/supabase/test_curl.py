"""The guide's Step 4.1 and 4.2: its curl lines as printed, with only the URL and the key changed."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.acceptance.follower import follow
from tests.darkroom import Darkroom

PRINTED = Path(__file__).parent / "curl"
PATIENCE = 30.0


class Call:
    """A curl line under way. It tells what it sends, as `curl -v` does."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def sent(self) -> None:
        """Wait until the request has left."""
        assert self._process.stderr is not None
        async with asyncio.timeout(PATIENCE):
            while not (await self._process.stderr.readline()).startswith(b"> POST "):
                assert not self._process.stderr.at_eof()

    async def answer(self) -> Any:
        """What it was answered."""
        printed, _ = await asyncio.wait_for(self._process.communicate(), PATIENCE)
        assert self._process.returncode == 0
        return json.loads(printed)


async def call(darkroom: Darkroom, step: str, home: Path) -> Call:
    """Begin the line of a step."""
    (home / ".curlrc").write_text("silent\nverbose\n")
    line = (PRINTED / f"{step}.sh").read_text()
    line = line.replace("https://YOUR_PROJECT_REF.supabase.co", darkroom.url).replace("YOUR_ANON_KEY", "the-anon-key")
    process = await asyncio.create_subprocess_exec(
        *("bash", "-euc", f"exec {line}"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "CURL_HOME": str(home)},
    )
    return Call(process)


@pytest.fixture
async def nothing_is_begun(darkroom: Darkroom) -> AsyncIterator[None]:
    await darkroom.execute("UPDATE lanes SET paused = true")
    yield
    await darkroom.execute("UPDATE lanes SET paused = false")


@pytest.mark.usefixtures("nothing_is_begun")
async def test_started_by_curl_and_processed_by_curl(darkroom: Darkroom, tmp_path: Path) -> None:
    started = await (await call(darkroom, "4.1", tmp_path)).answer()
    generation_id, job_id = started.pop("generation_id"), started.pop("job_id")
    assert (UUID(generation_id), job_id) == (UUID(generation_id), generation_id)
    assert started == {
        "success": True,
        "status": "queued",
        "message": "Image generation started. You will be notified when complete.",
    }

    processing = await call(darkroom, "4.2", tmp_path)
    await processing.sent()
    await darkroom.execute("UPDATE lanes SET paused = false")
    assert await processing.answer() == {
        "success": True,
        "processed": 1,
        "errors": 0,
        "message": "Processed 1 job(s) with 0 error(s)",
    }

    frames = await follow(darkroom.url, darkroom.service_key, generation_id, PATIENCE)
    assert [frame["status"] for frame in frames] == ["queued", "processing", "downloading", "completed"]
    nothing = {"success": True, "processed": 0, "errors": 0, "message": "Processed 0 job(s) with 0 error(s)"}
    assert await (await call(darkroom, "4.2", tmp_path)).answer() == nothing
