"""A helping process's own end: it does what it is told, one thing after the other. JSON lines, both ways.

in    {"verb": name, "given": {…}}
out   {"gave": …}; {"failed": …} when it could not, and then it ends
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import asyncpg
import orjson
from sqlalchemy.exc import SQLAlchemyError

from proof.bench.failure import BenchFailed

Verb = Callable[..., Awaitable[Any]]
FAILURES = (BenchFailed, TimeoutError, OSError, asyncpg.PostgresError, SQLAlchemyError)


async def obey(verbs: Mapping[str, Verb]) -> int:
    """Do what standard input says until it ends; the exit code."""
    while line := await asyncio.to_thread(sys.stdin.buffer.readline):
        call = orjson.loads(line)
        said: dict[str, Any] = {}
        try:
            said["gave"] = await verbs[call["verb"]](**call["given"])
        except* FAILURES as errors:
            said["failed"] = "; ".join(_leaves(errors))
        _say(said)
        if "failed" in said:
            return 1
    return 0


def _leaves(error: BaseException) -> list[str]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for one in error.exceptions for leaf in _leaves(one)]
    return [f"{type(error).__name__}: {error}"]


def _say(what: dict[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(what) + b"\n")
    sys.stdout.buffer.flush()
