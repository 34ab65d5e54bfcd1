"""What the tests of the JavaScript client stand on."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.darkroom import Darkroom, User
from tests.javascript.program import PREAMBLE, Program, running
from tests.javascript.proxy import Proxy, proxy_to

Node = Callable[..., AbstractAsyncContextManager[Program]]
"""node(source, **given): run it behind the preamble, with the client's options and whatever else it needs."""


@pytest.fixture
async def proxy(darkroom: Darkroom) -> AsyncIterator[Proxy]:
    """A line to Darkroom that a test can cut."""
    async with proxy_to(darkroom.url) as opened:
        yield opened


@pytest.fixture
async def user(darkroom: Darkroom) -> AsyncIterator[User]:
    """Somebody new."""
    async with darkroom.user() as somebody:
        yield somebody


@pytest.fixture
def node(tmp_path: Path, proxy: Proxy, user: User) -> Node:
    """Runs programs that speak through the proxy with the user's key, unless they are given something else."""

    def run(source: str, **given: Any) -> AbstractAsyncContextManager[Program]:
        file = tmp_path / "program.mjs"
        file.write_text(PREAMBLE + source)
        return running(file, json.dumps({"url": proxy.url, "token": user.key, **given}))

    return run
