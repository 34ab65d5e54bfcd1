"""start: queued → processing. Claims the best rows, then asks the provider; never waits for the picture."""

import asyncio
from collections.abc import Collection
from contextlib import ExitStack
from functools import partial

from actors.buyer import Buyer
from actors.resources import Resources
from actors.turns import Rounds, Turns
from pipeline.claim import claim_queued
from pipeline.moves import as_move
from schema.statuses import Status

LARGEST_CLAIM = 64
"""Rows of one provider in one statement."""


class Start:
    """Claims queued rows at every provider that is set up, in one statement, and has a prediction bought for each."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._lease = resources.settings.lease_seconds
        self.buyers = {name: Buyer(resources, provider) for name, provider in resources.providers.items()}
        catching_up = [Turns(partial(self._catch_up, buyer)) for buyer in self.buyers.values()]
        self.turns = Rounds(Turns(self._look), catching_up)

    async def _look(self) -> None:
        await self._claim(self.buyers)

    async def _catch_up(self, buyer: Buyer) -> None:
        # Alone: one that has its hands full keeps no other from what waits for it.
        while buyer.behind:
            await buyer.pool.wait_free()
            await self._claim([buyer.name])

    async def _claim(self, names: Collection[str]) -> None:
        """Claim once for those of `names` that have hands free; note which of them may have more waiting."""
        with ExitStack() as held:
            most = {name: held.enter_context(self.buyers[name].pool.hold(LARGEST_CLAIM)) for name in names}
            # Before the claim: what another look finds meanwhile must not be forgotten.
            for name, hands in most.items():
                self.buyers[name].behind = not hands
            # Taken before the claim, so it can only be earlier than the lease that Postgres writes down.
            claimed_at = asyncio.get_running_loop().time()
            able = {name: hands for name, hands in most.items() if hands}
            claimed = await claim_queued(self._resources.engine, able, self._lease) if able else []
            for row in claimed:
                # One that knows a prediction already buys nothing; it is due, and the watcher or collect looks at that.
                # Nor does one that no budget has money for: it has failed.
                if row.status == Status.PROCESSING and row.replicate_prediction_id is None:
                    self.buyers[row.provider].begin(row, claimed_at + self._lease)
        self._resources.notices.note([as_move(row) for row in claimed])
        for name, hands in able.items():
            # One that has failed for want of money may have been claimed at any of them.
            taken = sum(row.provider == name or row.status != Status.PROCESSING for row in claimed)
            if taken >= hands:
                self.buyers[name].behind = True

    async def close(self, patience: float) -> None:
        """Wait `patience` seconds for the purchases that are under way, then cancel those that are left."""
        await asyncio.gather(*(buyer.pool.close(patience) for buyer in self.buyers.values()))
