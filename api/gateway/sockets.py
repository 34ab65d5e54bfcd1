"""Sockets: every open conversation of this process, so that they can be counted, and asked to leave."""

import asyncio
import random
from collections.abc import Iterator
from typing import Protocol

from starlette.responses import Response

from api.problems import problem_response
from schema.wire.problem import problem

RETRY_SECONDS = 1
"""What a refused client is told: by then another process takes it, or this one has ended."""


class Conversation(Protocol):
    """Something open that can be ended so that its client comes back."""

    def leave(self) -> None:
        """Say goodbye: the client reconnects, to another process."""


class Sockets:
    """The open conversations, at most `most` of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: set[Conversation] = set()
        self.is_draining = False

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[Conversation]:
        return iter(self._open)

    def refusal(self) -> Response | None:
        """Why no other one is taken now; None when there is room."""
        if self.is_draining:
            detail = "this server is about to stop; connect again"
        elif len(self._open) >= self._most:
            detail = f"this server holds its {self._most} sockets already (DARKROOM_MAX_SOCKETS); connect again later"
        else:
            return None
        return problem_response(problem("unavailable", detail), {"Retry-After": str(RETRY_SECONDS)})

    def join(self, conversation: Conversation) -> None:
        """It is open from now on."""
        self._open.add(conversation)

    def part(self, conversation: Conversation) -> None:
        """It is closed. Harmless when repeated."""
        self._open.discard(conversation)

    async def drain(self, seconds: float) -> None:
        """Take no more, and end those that are open, one by one over `seconds`: together they would all come back."""
        self.is_draining = True
        leaving = list(self._open)
        random.shuffle(leaving)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for number, conversation in enumerate(leaving, 1):
            conversation.leave()
            await asyncio.sleep(max(0.0, begun + seconds * number / len(leaving) - loop.time()))
        await asyncio.sleep(max(0.0, begun + seconds - loop.time()))
