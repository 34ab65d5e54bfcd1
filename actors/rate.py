"""A rate: so many calls a minute, evenly; who comes too early waits its turn."""

import asyncio


class Rate:
    """Lets `per_minute` calls through, a second's worth of them at once."""

    def __init__(self, per_minute: float) -> None:
        self._interval = 60 / per_minute
        self._burst = per_minute / 60
        self._next = 0.0

    async def take(self) -> None:
        """Wait until another call may be made."""
        now = asyncio.get_running_loop().time()
        self._next = max(self._next, now - self._burst * self._interval) + self._interval
        if self._next > now:
            await asyncio.sleep(self._next - now)
