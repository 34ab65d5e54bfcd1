"""docs/webhooks.md: every command runs, both receivers verify what comes and refuse the forged, the body is real."""

import asyncio
import json
import re
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from pipeline.embedded.ports import any_free_port
from pipeline.embedded.procfile import CHECKOUT
from pipeline.webhooks.schedule import HOLD_SECONDS, JITTER, LONGEST_HOLD_SECONDS, SCHEDULE, SLOW_DOWN
from schema.wire.webhook import Event, EventData
from tests.acceptance.test_docs import BLOCK, commands, shell
from tests.darkroom import Darkroom
from tests.javascript.program import NODE

DOCUMENT = "docs/webhooks.md"
TEXT = (CHECKOUT / DOCUMENT).read_text()
BLOCKS = BLOCK.findall(TEXT)
LIBRARIES = CHECKOUT / ".browser" / "node_modules"
PATIENCE = 30.0


def block(kind: str) -> str:
    """The only block of its kind."""
    (text,) = [text for found, text in BLOCKS if found == kind]
    return str(text)


def test_there_is_no_block_that_nobody_looks_at() -> None:
    assert [kind for kind, _ in BLOCKS] == ["sh", "json", "python", "js", "sh", "sh"]


def test_the_body_is_the_real_one() -> None:
    outer, _, inner = block("json").partition('"data"')
    assert [*re.findall(r'"(\w+)":', outer), "data"] == list(Event.model_fields)
    shown = set(re.findall(r'"(\w+)":', inner)) - {"url", "width"}
    assert shown <= set(EventData.model_fields)


def test_the_numbers_are_those_of_the_code() -> None:
    """Hours from two on; before that, seconds and minutes."""
    prose = " ".join(TEXT.split())
    hours = ", ".join(f"{pause / 3_600:g}" for pause in SCHEDULE[4:-1])
    seconds, *minutes = SCHEDULE[1:4]
    first = f"{seconds:g} s, {', '.join(f'{pause / 60:g} min' for pause in minutes)}"
    assert f"then after {first}, {hours} and {SCHEDULE[-1] / 3_600:g} hours" in prose
    assert (JITTER, LONGEST_HOLD_SECONDS, len(SCHEDULE)) == (0.1, 3_600, 10)
    assert f"{', '.join(map(str, sorted(SLOW_DOWN)))}, or a `Retry-After`" in prose
    assert f"{HOLD_SECONDS:g} s when it does not say" in prose


class Program:
    """A running receiver of the document's."""

    def __init__(self, process: Process, port: int) -> None:
        self._process = process
        self.url = f"http://127.0.0.1:{port}/hook"

    async def line(self) -> list[str]:
        """The words of the next line that it prints."""
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            return (await self._process.stdout.readline()).decode().split()

    async def listens(self) -> None:
        """Wait until somebody can connect."""
        host, port = self.url.split("/")[2].split(":")
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    _, writer = await asyncio.open_connection(host, int(port))
                except OSError:
                    continue
                writer.close()
                await writer.wait_closed()
                return


@asynccontextmanager
async def running(kind: str, folder: Path, secret: str) -> AsyncIterator[Program]:
    """The receiver in this language, listening on a port of its own."""
    port = any_free_port()
    program = folder / {"python": "receiver.py", "js": "receiver.mjs"}[kind]
    program.write_text(block(kind).replace("9000", str(port)))
    (folder / "node_modules").symlink_to(LIBRARIES)
    command = [sys.executable if kind == "python" else str(NODE), str(program)]
    process = await asyncio.create_subprocess_exec(
        *command, env={"SECRET": secret, "PYTHONUNBUFFERED": "1"}, stdout=PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        started = Program(process, port)
        await started.listens()
        yield started
    finally:
        process.kill()
        await process.wait()


async def forged(url: str, **headers: str) -> int:
    """What a receiver answers to somebody who has no secret."""
    signed = {"webhook-id": "x", "webhook-timestamp": "1", **headers}
    body: dict[str, Any] = {"type": "generation.completed", "data": {"id": "forged"}}
    async with aiohttp.request("POST", url, json=body, headers=signed) as answer:
        return answer.status


@pytest.mark.parametrize("kind", ["python", "js"])
async def test_a_receiver_takes_what_is_genuine_and_nothing_else(darkroom: Darkroom, tmp_path: Path, kind: str) -> None:
    submit, secret, *_ = commands(DOCUMENT)
    found = (await shell(darkroom, f'{secret}\necho "$SECRET"', tmp_path)).strip()
    async with running(kind, tmp_path, found) as program:
        here = submit.replace("http://127.0.0.1:9000/hook", program.url)
        assert here != submit
        generation_id = (await shell(darkroom, f"{here} 2>/dev/null", tmp_path)).strip()
        event_id, event, told = await program.line()
        assert (event, told) == ("generation.completed", generation_id)
        assert await forged(program.url) == 401
        assert await forged(program.url, **{"webhook-signature": "garbage"}) == 401
        shown = json.loads(await shell(darkroom, f"./darkroom webhooks show {event_id} --json", tmp_path))
        assert [one["status"] for one in shown["tries"]] == [204]


async def test_every_other_command_works(darkroom: Darkroom, tmp_path: Path) -> None:
    _, _, *others = commands(DOCUMENT)
    assert len(others) == 3
    printed = await shell(darkroom, "\n".join(others), tmp_path)
    assert '"next_cursor"' in printed
    assert "whsec_" in printed
