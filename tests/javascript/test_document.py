"""The rest of docs/javascript.md runs as written, but for where this Darkroom lives. Its page is test_page's."""

import json
from pathlib import Path

from api.javascript import FILE
from pipeline.embedded.procfile import CHECKOUT
from tests.acceptance.test_docs import BLOCK, commands, shell
from tests.api.test_websocket import STAGES
from tests.darkroom import User
from tests.javascript.program import NODE, running
from tests.javascript.proxy import Proxy
from tests.javascript.test_react_native import BARE, MODULES

DOCUMENT = "docs/javascript.md"
BLOCKS = BLOCK.findall((CHECKOUT / DOCUMENT).read_text())


def test_there_is_no_block_that_nobody_runs() -> None:
    assert [kind for kind, _ in BLOCKS] == ["html", "sh", "js", "js"]
    assert len((CHECKOUT / DOCUMENT).read_text().splitlines()) <= 60


async def test_the_program_for_node(user: User, tmp_path: Path) -> None:
    await shell(user.darkroom, "\n".join(commands(DOCUMENT)), tmp_path)
    assert (tmp_path / "darkroom.mjs").read_bytes() == FILE.read_bytes()
    program = BLOCKS[2][1].replace("http://localhost:8000", user.darkroom.url)
    (tmp_path / "program.mjs").write_text(program)
    printed = await shell(user.darkroom, f"DARKROOM_API_KEY={user.key} {NODE} program.mjs", tmp_path)
    assert printed.splitlines() == [f"{version} {status}" for version, status in enumerate(STAGES, 1)]


async def test_the_function_for_react_native(user: User, proxy: Proxy, tmp_path: Path) -> None:
    call = """
        const { url, token } = given;
        const onStatus = (status) => { if (status === "processing") say(status); };
        const urls = await develop("a lighthouse", { url, getToken: async () => token, onStatus });
        say((await fetch(urls[0])).status);
    """
    (tmp_path / "program.mjs").write_text(BLOCKS[3][1] + call)
    given = json.dumps({"url": proxy.url, "token": user.key})
    async with running(BARE, str(FILE), str(tmp_path / "program.mjs"), given, flags=MODULES) as program:
        assert await program.end() == ["processing", 200]
