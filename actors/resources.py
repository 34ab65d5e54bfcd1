"""What an actor works with, opened on the loop that uses it and closed there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from pipeline.connections import Connections, open_connections
from pipeline.egress.pool import Pool, open_pool
from pipeline.errors import ProviderDown
from pipeline.media.inspection import InspectionPool
from pipeline.providers import Provider
from pipeline.settings import Settings

LOOK_SECONDS = 10.0
"""When the watcher first asks after a prediction whose webhook should come by itself."""


@dataclass(frozen=True)
class Resources(Connections):
    """One process's connections, and one more for the providers' outputs."""

    downloads: Pool
    """Without the provider's token: an output's address is a secret of its own."""
    inspections: InspectionPool
    """Looks at pictures; starts no process before the first one that takes one."""

    def provider_of(self, row: Row[Any]) -> Provider:
        """Where the row's prediction was bought. Raises ProviderDown when its credentials are not set any more."""
        if provider := self.providers.get(row.provider):
            return provider
        raise ProviderDown(f"{row.provider} is not set up here")

    def look_seconds(self, provider: Provider) -> float:
        """How long a prediction of `provider` may run before the watcher asks after it."""
        return LOOK_SECONDS if provider.callback_base else self.settings.poll_seconds


@asynccontextmanager
async def open_resources(settings: Settings) -> AsyncIterator[Resources]:
    """Open everything an actor or the clock needs; closes it in reverse order."""
    async with (
        open_connections(settings) as connections,
        open_pool(connections.guard) as downloads,
        InspectionPool() as inspections,
    ):
        yield Resources(**vars(connections), downloads=downloads, inspections=inspections)
