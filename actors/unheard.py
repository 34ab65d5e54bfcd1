"""Unheard: purchases whose answer nobody has, at a provider without a list: only its own word tells of them."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sqlalchemy import Row

from actors.orphans import NOTHING_BOUGHT
from actors.resources import Resources
from pipeline.cancel import stopped
from pipeline.doorbell import Bell
from pipeline.purchase import give_up_unheard
from pipeline.row_errors import RowErrors
from schema.statuses import Status

log = logging.getLogger(__name__)

LEASES = 10
"""How long a purchase is waited for whose answer was lost: five minutes with leases of half a minute. What comes later
is kept all the same, and a retry by hand then finds it."""


class Unheard:
    """Waits for the provider's word, and never buys again on a guess."""

    def __init__(self, resources: Resources, lost: Callable[[Row[Any], str], Awaitable[None]]) -> None:
        self._resources = resources
        self._lost = lost
        self._row_errors = RowErrors("unheard")

    async def settle(self, orphans: Sequence[Row[Any]]) -> None:
        """What was never asked for is tried again; what may have been sold waits, and then fails and is counted."""
        lease = self._resources.settings.lease_seconds
        for row in orphans:
            with self._row_errors.of(row.id):
                if row.asked_at is None:
                    # The mark is committed before the call, so nobody has called.
                    await self._lost(row, NOTHING_BOUGHT)
                elif (row.now - row.asked_at).total_seconds() >= LEASES * lease:
                    await self.end(row)

    async def end(self, row: Row[Any]) -> None:
        """Fail a row whose purchase may have been sold and cannot be found; counted, and not bought again by itself."""
        if row.status != Status.PROCESSING:
            await stopped(self._resources.engine, row, None)
            return
        why = (
            f"{row.provider} was asked and nothing was heard of it again; it may have been paid for, so it is not "
            f"bought again by itself: try it again by hand{f' ({row.error_message})' if row.error_message else ''}"
        )
        log.warning("generation %s: %s", row.id, why)
        self._resources.notices.note(await give_up_unheard(self._resources.engine, row, why))
        self._resources.doorbell.ring(Bell.START)
