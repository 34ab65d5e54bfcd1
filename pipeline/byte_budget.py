"""A byte budget: how much one process holds at a time of what others send it."""

import asyncio
from collections import deque
from types import TracebackType


class ByteBudget:
    """At most `most` bytes, shared by whoever opens an account.

    The first `small` bytes of each account are not counted: who has little waits for nobody, whoever holds the rest,
    and however long. Who finds it spent waits. Accounts that hold a part and wait for more must not wait for each
    other: so one of them at a time is given what it asks for all the same, until it is closed. Somebody always goes
    on, and what is held is at most `most` and one account more. One is used on one loop.
    """

    def __init__(self, most: int, *, small: int = 0) -> None:
        self.most = most
        self.small = small
        self.held = 0
        """Bytes, of all accounts."""
        self._ahead: Account | None = None
        self._waiting: deque[asyncio.Future[None]] = deque()

    def account(self) -> "Account":
        """An account without anything in it; close it, or use it as a context."""
        return Account(self)

    def grant(self, account: "Account", size: int) -> bool:
        """Whether `account` may hold `size` bytes more, which it then does."""
        if self.held + size > self.most and self._ahead is not account:
            if self._ahead is not None:
                return False
            self._ahead = account
        self.held += size
        return True

    async def wait(self) -> None:
        """Wait until something was given back."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            await waiter
        finally:
            if not waiter.done() or waiter.cancelled():
                self._waiting.remove(waiter)

    def give_back(self, account: "Account", size: int) -> None:
        """`account` is closed, and holds `size` bytes no more."""
        self.held -= size
        if self._ahead is account:
            self._ahead = None
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)


class Account:
    """What one of them holds."""

    __slots__ = ("_budget", "_free", "held")

    def __init__(self, budget: ByteBudget) -> None:
        self._budget = budget
        self._free = budget.small
        self.held = 0
        """Bytes that are counted."""

    async def take(self, size: int) -> bool:
        """Hold `size` bytes more, once there is room for them; whether that was waited for."""
        waited = False
        free = min(size, self._free)
        self._free -= free
        size -= free
        # What is not counted waits for nothing, not even where all is spent.
        while size and not self._budget.grant(self, size):
            waited = True
            await self._budget.wait()
        self.held += size
        return waited

    def take_now(self, size: int) -> bool:
        """Hold `size` bytes more, if there is room for them now."""
        if size <= self._free:
            self._free -= size
            return True
        if self._budget.held + size > self._budget.most or not self._budget.grant(self, size):
            return False
        self.held += size
        return True

    def close(self) -> None:
        """Give everything back. Harmless when repeated."""
        held, self.held = self.held, 0
        self._budget.give_back(self, held)

    def __enter__(self) -> "Account":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
