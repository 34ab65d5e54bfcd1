"""Every command in the documents runs, as written but for where this Darkroom lives."""

import asyncio
import json
import os
import re
from pathlib import Path

import pytest
from PIL import Image
from websockets.asyncio.client import connect

from pipeline.embedded.procfile import CHECKOUT
from tests.darkroom import Darkroom

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "DECISIONS.md")
STARTED_BY_FIXTURES = "make up"


def commands(document: str) -> list[str]:
    """The shell commands of a document, continued lines joined and remarks cut off."""
    blocks = (text for kind, text in BLOCK.findall((CHECKOUT / document).read_text()) if kind == "sh")
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [command for line in lines if (command := re.sub(r"\s{2,}#.*", "", line).strip())]


def test_the_documents_have_commands() -> None:
    assert "make up" in commands("README.md")
    assert len(commands("README.md")) >= 6


async def shell(darkroom: Darkroom, script: str, folder: Path) -> str:
    """Run a script as a person would, in `folder`; what it printed. Raises AssertionError when it fails."""
    here = script.replace("./darkroom", f"{CHECKOUT}/darkroom").replace("localhost:8000", darkroom.url.split("//")[1])
    here = here.replace(".darkroom/api-key", f"{darkroom.home}/api-key")
    process = await asyncio.create_subprocess_exec(
        "bash", "-euo", "pipefail", "-c", here,
        cwd=folder,
        env={**os.environ, "DARKROOM_HOME": str(darkroom.home), "DARKROOM_URL": darkroom.url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, output.decode()
    return output.decode()


async def test_every_command_of_the_readme_works(darkroom: Darkroom, tmp_path: Path) -> None:
    ours = [command for command in commands("README.md") if command != STARTED_BY_FIXTURES]
    printed = await shell(darkroom, "\n".join(ours), tmp_path)
    with Image.open(tmp_path / "lighthouse.png") as picture:
        assert picture.format == "PNG"
    assert "completed" in printed
    assert '"status":"queued"' in printed


async def test_the_frames_of_the_readme_are_the_real_ones(darkroom: Darkroom) -> None:
    subscribe, transition = (
        text for kind, text in BLOCK.findall((CHECKOUT / "README.md").read_text()) if kind == "json"
    )
    async with darkroom.user() as user:
        generation = await user.submit()
        headers = {"Authorization": f"Bearer {user.key}"}
        async with connect(f"{darkroom.url.replace('http', 'ws', 1)}/v1/ws", additional_headers=headers) as socket:
            await socket.send(subscribe.replace("<id>", generation["id"]))
            assert json.loads(await socket.recv())["type"] == "subscribed"
            frame = json.loads(await socket.recv())
    shown = set(re.findall(r'"(\w+)":', transition))
    assert shown <= set(frame)
    assert frame["type"] == "transition"


@pytest.mark.parametrize("command", sorted({c for document in DOCUMENTS for c in commands(document) if "make" in c}))
async def test_every_make_target_exists(darkroom: Darkroom, command: str) -> None:
    await shell(darkroom, command.replace("make ", f"make --dry-run -C {CHECKOUT} ", 1), CHECKOUT)
