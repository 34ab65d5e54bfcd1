"""Sockets: every open conversation of this process, so that they can be counted, and asked to leave."""

import asyncio
import random
from collections.abc import Iterator
from typing import Protocol

from starlette.responses import Response

from api.intake import AddressCap
from api.problems import problem_response
from schema.wire.problem import problem

RETRY_SECONDS = 1
"""What a refused client is told: by then another process takes it, or this one has ended."""


class Conversation(Protocol):
    """Something open that can be ended so that its client comes back."""

    def leave(self) -> None:
        """Say goodbye: the client reconnects, to another process."""


class Sockets:
    """The open conversations, at most `most` of them, and of these at most `most_anonymous` of nobody in particular."""

    def __init__(self, most: int, most_anonymous: int, addresses: AddressCap) -> None:
        self._most = most
        self._most_anonymous = most_anonymous
        self._addresses = addresses
        """How many anonymous ones there may be from one address."""
        self._open: set[Conversation] = set()
        self._anonymous: dict[Conversation, str | None] = {}
        """Those of the publishable key, and where they come from."""
        self._waits: set[Conversation] = set()
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

    def join_wait(self, conversation: Conversation) -> None:
        """A request waits from now on: it is asked to leave as the others are, and takes no socket's place."""
        self._waits.add(conversation)
        if self.is_draining:
            conversation.leave()

    def anonymous_refusal(self, address: str | None) -> str | None:
        """Why there is no room for one from `address` that shows the publishable key, which everybody has; or None.

        The address is its client's, as a proxy that is trusted tells it.
        """
        if len(self._anonymous) >= self._most_anonymous:
            return "this server holds its anonymous sockets already (DARKROOM_MAX_ANONYMOUS_SOCKETS); sign in, or wait"
        if self._addresses.is_full(address):
            return "your address has its anonymous sockets already (DARKROOM_MAX_PER_ADDRESS); sign in, or close some"
        return None

    def join_anonymous(self, conversation: Conversation, address: str | None) -> str | None:
        """Count one of these too, unless there is no room for it: then the answer is why."""
        why = self.anonymous_refusal(address)
        if why is None:
            self._addresses.take(address)
            self._anonymous[conversation] = address
        return why

    def sign_in(self, conversation: Conversation) -> None:
        """Somebody in particular has shown who they are on it: it is anonymous no more. Harmless when repeated."""
        if conversation in self._anonymous:
            self._addresses.give_back(self._anonymous.pop(conversation))

    def part(self, conversation: Conversation) -> None:
        """It is closed. Harmless when repeated."""
        self._open.discard(conversation)
        self._waits.discard(conversation)
        self.sign_in(conversation)

    async def drain(self, seconds: float) -> None:
        """Take no more, and end those that are open, one by one over `seconds`: together they would all come back."""
        self.is_draining = True
        leaving = [*self._open, *self._waits]
        random.shuffle(leaving)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for number, conversation in enumerate(leaving, 1):
            conversation.leave()
            await asyncio.sleep(max(0.0, begun + seconds * number / len(leaving) - loop.time()))
        await asyncio.sleep(max(0.0, begun + seconds - loop.time()))
