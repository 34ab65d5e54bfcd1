"""A worker's hands for webhooks: each method is one step of the actor `deliver`, and returns when it is done."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from actors.deliver import Deliver
from pipeline.doorbell import Bell
from pipeline.webhooks.claim import claim_due
from pipeline.webhooks.secrets import read_secrets
from tests.actors.lab import PATIENCE, Lab
from tests.events import due, event, only_delivery, outbox
from tests.pipeline.egress.hosts import LOOPBACK


@dataclass(frozen=True)
class Mailroom:
    """One worker's performer, and the database that it works on."""

    lab: Lab
    deliver: Deliver

    async def send(self) -> None:
        """Answer the bell `deliver`, and wait for the receivers."""
        await self.deliver.turns.take()
        await self.deliver.pool.close(PATIENCE)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Look once, and then whenever somebody rings, while the context lasts."""

        async def answer_bells() -> None:
            while True:
                await self.deliver.turns.take()
                await self.lab.rung(Bell.DELIVER)

        working = asyncio.create_task(answer_bells())
        yield
        working.cancel()
        await asyncio.wait([working])

    async def pass_time(self) -> None:
        """What waits, or is held by a worker, is due."""
        await due(self.lab.engine)

    async def event(self, url: str, **given: Any) -> Row[Any]:
        """A fresh delivery to this address."""
        return await event(self.lab.engine, url, **given)

    async def outbox(self) -> Sequence[Row[Any]]:
        """Every delivery, oldest first."""
        return await outbox(self.lab.engine)

    async def delivery(self) -> Row[Any]:
        """The one delivery there is."""
        return await only_delivery(self.lab.engine)

    async def claim(self) -> Row[Any]:
        """The one delivery that is due, claimed and not sent."""
        (row,) = await claim_due(self.lab.engine, 1, 2 * PATIENCE)
        return row

    async def log(self) -> list[tuple[int | None, str | None, str | None]]:
        """The tries of the one delivery: status, error and answer."""
        return [(one["status"], one["error"], one["answer"]) for one in (await self.delivery()).tries]

    async def secret(self) -> str:
        """What signs somebody's webhooks."""
        return (await read_secrets(self.lab.engine, "somebody"))[0].shown


@asynccontextmanager
async def mailroom_of(lab: Lab, *, timeout: float = PATIENCE, inside: bool = True) -> AsyncIterator[Mailroom]:
    """A worker that gives receivers so many seconds; `inside`: it may reach this machine."""
    async with lab.hands(egress_allow=LOOPBACK if inside else ()) as hands:
        mailroom = Mailroom(lab, Deliver(hands.resources, timeout=timeout))
        yield mailroom
        await mailroom.deliver.pool.close(0)
