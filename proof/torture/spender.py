"""The spender: a user with a budget, who wants three times what it pays for."""

import asyncio
from decimal import Decimal
from uuid import UUID

from pipeline.api_keys import new_key, save_key
from pipeline.database import open_engine
from pipeline.limits import set_limits
from pipeline.settings import Settings
from proof.doors import SPEND, Doors
from proof.torture.book import Accepted, Book
from proof.torture.load import MODEL
from proof.torture.options import Options

USER = "spender"
BUDGET_USD = 0.10
PICTURE_USD = 0.005
WANTED = int(3 * BUDGET_USD / PICTURE_USD)
ALLOWANCE_USD = 0.10
"""What is under way when the money ends may cost more than it was thought to, where it is paid by the second."""


async def enter(database_url: str) -> str:
    """Give the spender a key and a budget; the key."""
    engine = open_engine(Settings(database_url=database_url, _env_file=None))
    key = new_key()
    await save_key(engine, key, name=USER, user_id=USER, role="user")
    budget = Decimal(str(BUDGET_USD))
    await set_limits(engine, USER, in_flight=None, per_minute=None, budget_usd=budget, period="month")
    await engine.dispose()
    return key


class Spender:
    """Submits one picture after the other, all through the load."""

    def __init__(self, options: Options, doors: Doors, book: Book) -> None:
        self._options = options
        self._doors = doors
        self._book = book

    async def run(self) -> None:
        """Submit everything that is wanted."""
        dice = self._options.dice("spender")
        for number in range(WANTED):
            prompt = f"a harbour in fog on paper, for the spender, number {number}"
            key = str(UUID(int=dice.getrandbits(128), version=4))
            body = {**MODEL, "prompt": prompt}
            answer = await self._doors.knock(SPEND, "POST", "/v1/generations", dice, body=body, key=key)
            if answer is not None and answer.status == 202:
                self._book.accepted.append(Accepted(answer.document["id"], -1 - number, prompt))
            await asyncio.sleep(dice.uniform(0.5, 1.5) * self._options.seconds / WANTED)
