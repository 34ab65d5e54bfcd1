"""The old apps' clients: supabase-js in the versions that are in the field, and supabase-py, each as a program."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pipeline.embedded.procfile import CHECKOUT
from tests.javascript.program import NODE, Program, process

HERE = Path(__file__).parent
LIBRARIES = CHECKOUT / ".supabase" / "node_modules"
PYTHON = CHECKOUT / ".venv-supabase" / "bin" / "python"
JAVASCRIPT = ("supabase-js-2-119", "supabase-js-2-49", "supabase-js-2-39")
CLIENTS = (*JAVASCRIPT, "supabase-py")


@asynccontextmanager
async def app(client: str, program: str, **given: Any) -> AsyncIterator[Program]:
    """An app that runs `program` (a file here, without its ending) with this client."""
    if not (LIBRARIES / JAVASCRIPT[0]).exists() or not PYTHON.exists():
        pytest.fail("the clients are not installed: run make test (or scripts/bootstrap.py --browser)")
    if client in JAVASCRIPT:
        package = LIBRARIES / client
        entry = json.loads((package / "package.json").read_text())
        command = [str(NODE), str(HERE / f"{program}.mjs"), str(package / entry["main"])]
    else:
        command = [str(PYTHON), str(HERE / f"{program}.py"), client]
    async with process([*command, json.dumps(given)], cwd=LIBRARIES.parent, env=_plain()) as running:
        yield running


def _plain() -> dict[str, str]:
    """Our environment without the proxies of this machine: the address is loopback."""
    return {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
