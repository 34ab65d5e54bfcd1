"""start: queued → processing. Claims the best rows, then asks the provider; never waits for the picture."""

import asyncio

from actors.buyer import Buyer
from actors.resources import Resources
from actors.turns import Rounds


class Start:
    """Claims queued rows and buys a prediction for each, at every provider that is set up."""

    def __init__(self, resources: Resources) -> None:
        self.buyers = {name: Buyer(resources, provider) for name, provider in resources.providers.items()}
        # Each has turns of its own: one that has its hands full keeps no other from what waits for it.
        self.turns = Rounds([buyer.turns for buyer in self.buyers.values()])

    async def close(self, patience: float) -> None:
        """Wait `patience` seconds for the purchases that are under way, then cancel those that are left."""
        await asyncio.gather(*(buyer.pool.close(patience) for buyer in self.buyers.values()))
