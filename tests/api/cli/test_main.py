"""What every command has in common: start-up, the key, the server's address."""

import asyncio
import json
import subprocess
import sys

from tests.api.cli.conftest import Darkroom
from tests.api.client.scripted_door import KEY, ScriptedDoor

HEAVY = {"aiohttp", "websockets", "pydantic", "rich", "starlette", "uvicorn", "sqlalchemy"}


def test_starting_up_imports_nothing_heavy() -> None:
    script = "import sys, json, api.cli.main; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout)
    assert HEAVY.isdisjoint(loaded)


async def test_help_lists_every_command(darkroom: Darkroom) -> None:
    ended = await darkroom("--help")
    assert ended.code == 0
    for command in ("up", "submit", "watch", "ls", "show", "queue", "models"):
        assert f"\n  {command} " in ended.out


async def test_the_key_is_found_in_this_order(door: ScriptedDoor, darkroom: Darkroom) -> None:
    home = darkroom.folder / "home"
    home.mkdir()
    (home / "api-key").write_text(f"{KEY}\n")
    door.queue = {"counts": {}, "lanes": []}
    from_file, from_option, wrong = await asyncio.gather(
        darkroom.without("DARKROOM_API_KEY")("queue", "--json"),
        darkroom.having(DARKROOM_API_KEY="wrong")("queue", "--json", "--key", KEY),
        darkroom.having(DARKROOM_API_KEY="wrong")("queue"),
    )
    assert json.loads(from_file.out) == json.loads(from_option.out) == door.queue
    assert wrong.code == 2
    assert "Is the key right?" in wrong.err


async def test_no_key_and_no_server_are_said_with_what_to_do(darkroom: Darkroom) -> None:
    keyless, unreachable = await asyncio.gather(
        darkroom.without("DARKROOM_API_KEY")("ls"),
        darkroom("--url", "http://127.0.0.1:1", "ls"),
    )
    assert keyless.code == 2
    assert f"`make up` writes one for this machine to {darkroom.folder}/home/api-key" in keyless.err
    assert unreachable == (
        3,
        "",
        "darkroom: http://127.0.0.1:1 does not answer: Connection refused. "
        "Start it with `make up`, or set DARKROOM_URL.\n",
    )


async def test_a_setting_that_cannot_be_read_is_named(darkroom: Darkroom) -> None:
    ended = await darkroom.having(PORT="many")("queue")
    assert ended.code == 2
    assert "PORT: " in ended.err


def test_up_exits_with_what_the_stack_gives() -> None:
    script = """
import sys, types
stack = types.ModuleType("pipeline.embedded.up")
stack.up = lambda settings: 7
sys.modules["pipeline.embedded.up"] = stack
sys.argv = ["darkroom", "up"]
from api.cli.main import main
main()
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 7
