"""Visitors alongside the load: they cancel generations in any status, and retry what was cancelled or has failed."""

import asyncio
from random import Random

from proof.doors import CANCEL, LIST, RETRY, Answer, Doors
from proof.torture.book import Accepted, Book
from proof.torture.options import Options

CANCELLED = 0.12
"""Share of the generations that somebody cancels, at any moment of their lives."""
CANCELLED_TWICE = 0.3
RETRIED = 0.5
"""Share of the cancelled and the failed ones that somebody retries."""
LATEST_CANCEL_SECONDS = 5.0
REFUSED = 409
TRIES = 20
"""How often a retry that is refused, because the provider's meter still runs, is asked for again."""
LOOK_SECONDS = 2.0


class Visitors:
    """Cancel and retry. What each does to a generation follows from the seed and the generation's number."""

    def __init__(self, options: Options, doors: Doors, book: Book) -> None:
        self._options = options
        self._doors = doors
        self._book = book
        self._seen_failed: set[str] = set()

    async def visit(self, accepted: Accepted) -> None:
        """Do to one accepted generation what its dice say; most are left alone."""
        dice = self._options.dice("visit", accepted.number)
        if dice.random() >= CANCELLED:
            return
        await asyncio.sleep(dice.uniform(0, LATEST_CANCEL_SECONDS))
        for _ in range(2 if dice.random() < CANCELLED_TWICE else 1):
            answer = await self._cancel(accepted.id, dice)
        if answer is not None and answer.status != REFUSED and dice.random() < RETRIED:
            await asyncio.sleep(dice.uniform(0, LATEST_CANCEL_SECONDS))
            await self._retry(accepted.id, dice)

    async def retry_failed(self, over: asyncio.Event) -> None:
        """Look for failed generations until `over`, and retry some, each once."""
        dice = self._options.dice("failed")
        while not over.is_set():
            answer = await self._doors.knock(LIST, "GET", "/v1/generations?status=failed&limit=50", dice)
            items = answer.document["items"] if answer is not None and answer.status == 200 else []
            for failed in (item["id"] for item in items if item["id"] not in self._seen_failed):
                self._seen_failed.add(failed)
                if dice.random() < RETRIED:
                    await self._retry(failed, dice)
            await asyncio.sleep(LOOK_SECONDS)

    async def _cancel(self, generation_id: str, dice: Random) -> Answer | None:
        answer = await self._doors.knock(CANCEL, "POST", f"/v1/generations/{generation_id}/cancel", dice)
        if answer is not None and answer.status == 200:
            self._book.cancelled[generation_id] += 1
        return answer

    async def _retry(self, generation_id: str, dice: Random) -> None:
        for _ in range(TRIES):
            answer = await self._doors.knock(RETRY, "POST", f"/v1/generations/{generation_id}/retry", dice)
            if answer is None or answer.status != REFUSED:
                break
            await asyncio.sleep(dice.uniform(0.3, 1.0))
        if answer is not None and answer.status == 202:
            self._book.retried[generation_id] += 1
