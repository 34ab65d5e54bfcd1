"""What the provider's process tells of itself when it is asked: its sales, and who knocked inside."""

from typing import NamedTuple

import aiohttp
import orjson


class Sale(NamedTuple):
    """One purchase."""

    prompt: str
    callback: str
    """The address that its webhook goes to; it names the generation and the attempt."""


class Ledger(NamedTuple):
    """Everything that the provider knows."""

    sales: list[Sale]
    knocks_inside: list[str]
    """Requests to the service inside the network that nobody may reach: their method and path."""

    def as_json(self) -> bytes:
        """For `read_ledger`."""
        return orjson.dumps({"sales": [list(sale) for sale in self.sales], "knocks_inside": self.knocks_inside})


async def read_ledger(url: str) -> Ledger:
    """Ask the provider at `url`."""
    async with aiohttp.ClientSession() as session, session.get(f"{url}/ledger") as answer:
        found = orjson.loads(await answer.read())
    return Ledger([Sale(*sale) for sale in found["sales"]], found["knocks_inside"])
