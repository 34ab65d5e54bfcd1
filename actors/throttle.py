"""A throttle: once a provider has asked one call for patience, all of this process wait, and then one goes first."""

import asyncio
import random

TRYING_SECONDS = 5.0
"""How long the others wait for what becomes of the one that goes first."""


class Throttle:
    """Calls of one kind to one provider. Ask `wait` before a call, and say what became of it."""

    def __init__(self) -> None:
        self._until = 0.0
        self._asked = 0.0
        self._noted = 0.0
        self._closed = False

    def wait(self) -> float:
        """Seconds until the provider may be called; 0: now. After a throttle only one is told so at a time."""
        now = asyncio.get_running_loop().time()
        if self._until > now:
            # Spread over as long as was asked for, so that they do not come back together.
            return self._until - now + random.uniform(0, self._asked)
        if self._closed:
            self._until = now + TRYING_SECONDS
        return 0.0

    def note(self, seconds: float) -> None:
        """The provider has asked for `seconds` of patience."""
        self._closed, self._asked, self._noted = True, seconds, asyncio.get_running_loop().time()
        self._until = max(self._until, self._noted + seconds)

    def taken(self, begun: float) -> None:
        """A call begun at `begun`, by the loop's clock, was answered; one from before the throttle says nothing."""
        if begun >= self._noted:
            self._closed, self._until = False, 0.0
