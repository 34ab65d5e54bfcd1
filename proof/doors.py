"""The doors as a stranger knocks at them: patient while they are away, strict about what they answer."""

import asyncio
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple, Protocol

import aiohttp
import orjson

SUBMIT, BATCH, SPEND, CANCEL, RETRY, LIST = "submit", "batch", "spend", "cancel", "retry", "list"
RIGHT: dict[str, frozenset[int]] = {
    SUBMIT: frozenset({202, 503}),
    BATCH: frozenset({202, 503}),
    SPEND: frozenset({202, 402, 503}),
    CANCEL: frozenset({200, 409, 503}),
    RETRY: frozenset({202, 409, 503}),
    LIST: frozenset({200, 503}),
}
"""What each door may answer; 503 only while something it stands on is away."""
TRY_AGAIN = 500
"""From this status on it is the server's trouble: whoever has patience asks again."""
PATIENCE_SECONDS = 60.0
TIMEOUT = aiohttp.ClientTimeout(total=20, sock_connect=5)


class Answers(Protocol):
    """Where answers are noted."""

    answers: Counter[tuple[str, str]]
    """How often each door gave each answer: a status, or what became of the connection."""
    wrong: dict[tuple[str, str], str]
    """An example of every answer that a door may not give."""


class Answer(NamedTuple):
    """A door's answer."""

    status: int
    document: Any


class Doors:
    """Knocks at a Darkroom's doors and notes every answer in the book. `where` names the web process for each try."""

    def __init__(self, session: aiohttp.ClientSession, where: Callable[[], str], book: Answers) -> None:
        self._session = session
        self._where = where
        self._book = book

    async def knock(
        self, door: str, method: str, path: str, dice: Random, *, body: Any = None, key: str | None = None
    ) -> Answer | None:
        """Ask until an answer is final, below 500; None when none was for a minute.

        The same request is sent again after a lost answer, with the same idempotency key when it has one.
        """
        ends = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while asyncio.get_running_loop().time() < ends:
            answer = await self._once(door, method, path, body, key)
            if answer is not None and answer.status < TRY_AGAIN:
                return answer
            await asyncio.sleep(dice.uniform(0.1, 0.5))
        return None

    async def _once(self, door: str, method: str, path: str, body: Any, key: str | None) -> Answer | None:
        headers = {"Idempotency-Key": key} if key else {}
        try:
            async with self._session.request(
                method, f"{self._where()}{path}", data=orjson.dumps(body) if body else None, headers=headers
            ) as response:
                content = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as lost:
            self._book.answers[door, type(lost).__name__] += 1
            return None
        said = (door, str(response.status))
        self._book.answers[said] += 1
        if response.status not in RIGHT[door]:
            self._book.wrong.setdefault(said, f"{method} {path}: {content[:300].decode(errors='replace')}")
        return Answer(response.status, _document(content))


def _document(content: bytes) -> Any:
    """The JSON in an answer, None when it is none."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return None


def session(key: str) -> aiohttp.ClientSession:
    """Connections for many clients at once."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=5)
    return aiohttp.ClientSession(connector=connector, headers=headers, timeout=TIMEOUT)
