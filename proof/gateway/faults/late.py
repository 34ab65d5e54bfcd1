"""Commits that come late, after others that began later; and commits that nobody gives notice of."""

import asyncio
from random import Random
from uuid import UUID

from pipeline.ids import new_id
from proof.gateway.faults.reserve import Reserve
from proof.gateway.faults.statements import BY_HAND, INSERTED_BY_HAND, UNNOTICED, change, connect_as_darkroom
from proof.plain_connection import connect

HELD_SECONDS = (2.0, 4.0)
"""How long a transaction is left open while others commit."""
INSERTS, UNNOTICED_TOO = 0.3, 0.3
"""Shares of the open transactions that add a generation, and that end one without a notice; the rest do so by hand."""
ROLLED_BACK = 0.15
"""Share of them that come to nothing."""


class Late:
    """Transactions as a slow or a dying process leaves them."""

    def __init__(self, database_url: str, reserve: Reserve) -> None:
        self._url = database_url
        self._reserve = reserve

    async def hold_open(self, dice: Random) -> None:
        """Change something, and leave the transaction open for seconds, so that whoever commits overtakes it."""
        generation_id, _ = await self._reserve.take(dice)
        drawn = dice.random()
        unnoticed, inserts = drawn < UNNOTICED_TOO, UNNOTICED_TOO <= drawn < UNNOTICED_TOO + INSERTS
        connection = await (connect_as_darkroom(self._url) if unnoticed else connect(self._url))
        try:
            held = connection.transaction()
            await held.start()
            if inserts:
                await connection.execute(INSERTED_BY_HAND, UUID(generation_id), new_id())
            else:
                cancel = UNNOTICED if unnoticed else BY_HAND.format(status="cancelled")
                await connection.execute(cancel, UUID(generation_id))
            await asyncio.sleep(dice.uniform(*HELD_SECONDS))
            await (held.rollback() if dice.random() < ROLLED_BACK else held.commit())
        finally:
            connection.terminate()

    async def end_unnoticed(self, dice: Random) -> None:
        """Commit what a worker would that dies before its notice."""
        generation_id, _ = await self._reserve.take(dice)
        await change(self._url, UNNOTICED, UUID(generation_id), by_hand=False)
