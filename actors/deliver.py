"""deliver: sends the events of the outbox to their receivers, each until one answers 2xx or its schedule is over."""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row

from actors.resources import Resources
from actors.task_pool import TaskPool
from actors.turns import Turns
from pipeline.coalesce import Coalescer
from pipeline.doorbell import Bell
from pipeline.statements import Written, blames_a_row, written
from pipeline.webhooks.claim import claim_due
from pipeline.webhooks.post import READ_SECONDS, post
from pipeline.webhooks.schedule import SCHEDULE, Reply, Verdict, judge
from pipeline.webhooks.secrets import read_secrets
from pipeline.webhooks.settle import settle, settled
from pipeline.webhooks.signature import signed_headers
from schema.delivery_states import DeliveryState

log = logging.getLogger(__name__)

LARGEST_CLAIM = 64
SENDING = 256
"""How many tries one worker has under way."""
TIMEOUT_SECONDS = 15.0
"""What a receiver has for its answer. Source: Standard Webhooks."""

KILLS = Reply(None, "no worker that sent it came back")
LEFT = Reply(None, "the worker was told to stop before an answer came")


class Deliver:
    """Claims what is due and sends it."""

    def __init__(self, resources: Resources, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self._resources = resources
        self._timeout = timeout
        # Nobody takes a delivery over while a try of it can still be under way.
        self._longest = timeout + READ_SECONDS
        self._lease = 2 * self._longest
        self.pool = TaskPool(SENDING)
        self.turns = Turns(self._look)
        self._settle: Coalescer[Written, bool] = Coalescer(self._write_down, largest=100, splits=blames_a_row)

    async def _look(self) -> None:
        while True:
            await self.pool.wait_free()
            most = min(LARGEST_CLAIM, self.pool.free)
            # Taken before the claim, so it can only be earlier than the lease that Postgres writes down.
            claimed_at = asyncio.get_running_loop().time()
            claimed = await claim_due(self._resources.engine, most, self._lease)
            ours = [row for row in claimed if row.state == DeliveryState.SENDING]
            for row in ours:
                # Counted at the claim: one that kills every worker that sends it comes to an end here.
                broke = row.attempts > len(SCHEDULE)
                self.pool.spawn(self._give_up(row) if broke else self.send(row, claimed_at + self._lease))
            # Those that their receivers do not want now have made room for what is behind them.
            if len(claimed) < most and len(ours) == len(claimed):
                return

    async def send(self, row: Row[Any], lease_ends: float) -> None:
        """One try, unless so much of the lease is gone that somebody else might be sending it soon."""
        secrets = row.secrets or [one.secret for one in await read_secrets(self._resources.engine, row.user_id)]
        if lease_ends - asyncio.get_running_loop().time() <= self._longest:
            return
        headers = signed_headers(row.id, row.payload, secrets, datetime.now(UTC))
        try:
            reply = await post(self._resources.guard, row.url, row.payload.encode(), headers, self._timeout)
        except asyncio.CancelledError:
            # The worker is leaving, and the next one need not wait for the lease.
            await asyncio.shield(
                self._settle(written(settled(row.id, row.fence, LEFT, Verdict(delay=0.0), untried=True)))
            )
            raise
        verdict = judge(reply, row.attempts)
        if not verdict.delivered:
            log.info("delivery %s: %s", row.id, reply.error or f"its receiver answered {reply.status}")
        await self._settle(written(settled(row.id, row.fence, reply, verdict)))
        if row.place > 1:
            # It had company at its receiver, so there may be more that waits for this place.
            self._resources.doorbell.ring(Bell.DELIVER)

    async def _give_up(self, row: Row[Any]) -> None:
        await self._settle(written(settled(row.id, row.fence, KILLS, Verdict())))

    async def _write_down(self, batch: list[Written]) -> list[bool]:
        ours = await settle(self._resources.engine, batch)
        return [row.id in ours for row in batch]
