"""A provider out in the world, and no address under which it could call back: then the watcher asks."""

import asyncio
import io
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.embedded.stack import Stack
from pipeline.embedded.voice import Voice
from pipeline.providers.painter.ledger import LEDGER_FILE, read_ledger
from pipeline.settings.painter import PainterSettings
from tests.acceptance.follower import follow
from tests.acceptance.test_kills import submit_all
from tests.conftest import settings_at
from tests.pipeline.providers.painter.process import painter_process

ABROAD = "[::ffff:127.0.0.1]"
"""Loopback in a spelling that Darkroom does not take for this machine."""


async def test_a_laptop_with_a_token_and_no_public_address_gets_its_pictures(tmp_path: Path) -> None:
    async with painter_process(tmp_path, SECONDS="0.2") as painter:
        provider = f"http://{ABROAD}:{urlsplit(painter.origin).port}"
        with tempfile.TemporaryDirectory(prefix="dr-") as home:
            settings = settings_at(Path(home), replicate_api_token="a-token", replicate_api_url=provider)
            stack = Stack(
                settings,
                painter=PainterSettings(),
                env={
                    "REPLICATE_API_TOKEN": "a-token",
                    "REPLICATE_API_URL": provider,
                    "DARKROOM_POLL_SECONDS": "0.5",
                    # Its pictures are abroad, too: at an address of the public internet, if it were one.
                    "DARKROOM_EGRESS_ALLOW": "127.0.0.1/32",
                },
                voice=Voice(io.StringIO()),
            )
            await stack.start()
            try:
                key = (Path(home) / "api-key").read_text().strip()
                ids = await submit_all(stack.url, key, 3)
                for frames in await asyncio.gather(*(follow(stack.url, key, id_, 60) for id_ in ids)):
                    assert [frame["status"] for frame in frames] == ["queued", "processing", "downloading", "completed"]
                    assert len(frames[-1]["generation"]["images"]) == 1
            finally:
                await stack.stop()
        sold = read_ledger(tmp_path / LEDGER_FILE)
        assert len(sold) == 3
        assert {one.webhook for one in sold} == {None}
