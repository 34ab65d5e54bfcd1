"""Claims at several providers at once: each by its own cap, and two claimers never wait for each other in a ring."""

import asyncio
from collections import Counter
from decimal import Decimal

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.claim import claim_queued
from pipeline.lanes import pause_lane
from pipeline.limits import set_limits
from pipeline.statements import fetch, statement
from tests.rows import submit

LEASE = 30.0
_LANES = statement("INSERT INTO lanes (provider, cap) VALUES ('fal', 3), ('openai', 64) RETURNING cap")


@pytest.fixture(autouse=True)
async def lanes(engine: AsyncEngine) -> None:
    """Two providers beside the first."""
    await fetch(engine, _LANES)


async def test_each_gives_what_it_has_within_its_own_cap(engine: AsyncEngine) -> None:
    for provider in ("replicate", "fal", "openai"):
        for _ in range(5):
            await submit(engine, provider=provider)
    await pause_lane(engine, "openai", "", paused=True)
    claimed = await claim_queued(engine, {"replicate": 2, "openai": 64, "fal": 64, "elsewhere": 64}, LEASE)
    assert Counter(row.provider for row in claimed) == {"replicate": 2, "fal": 3}
    assert await claim_queued(engine, {}, LEASE) == []


async def test_claimers_of_several_in_whatever_order_end(engine: AsyncEngine) -> None:
    """With what every claim of a capped or budgeted user locks besides."""
    providers = ("replicate", "fal", "openai")
    await fetch(engine, statement("UPDATE lanes SET cap = 1000 RETURNING cap"))
    await set_limits(engine, "*", in_flight=1000, per_minute=None, budget_usd=Decimal(1000), period="month")
    for number in range(120):
        await submit(engine, provider=providers[number % 3])
    orders = [providers, providers[::-1], ("fal",), ("replicate",), ("openai", "replicate")]
    async with asyncio.timeout(30):
        claims = await asyncio.gather(
            *(claim_queued(engine, dict.fromkeys(orders[n % 5], 2), LEASE) for n in range(50))
        )
    ids = [row.id for claim in claims for row in claim]
    assert len(ids) == len(set(ids)) > 60
