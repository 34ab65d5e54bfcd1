"""The log: what a list shows, and what is forgotten after a month."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.statements import fetch, statement
from pipeline.webhooks.claim import claim_due
from pipeline.webhooks.log import forget_old_deliveries, list_deliveries, replay
from pipeline.webhooks.schedule import Reply, Verdict
from pipeline.webhooks.settle import settle, settled
from schema.delivery_states import DeliveryState
from tests.events import event, outbox

_A_MONTH_PASSES = statement("UPDATE deliveries SET created_at = created_at - interval '30 days' RETURNING id")
_ENDPOINTS = statement("SELECT * FROM webhook_endpoints")


async def deliver(engine: AsyncEngine, verdict: Verdict, status: int = 200) -> None:
    """Settle the next one that is due."""
    (row,) = await claim_due(engine, 1, 30)
    assert await settle(engine, [settled(row.id, row.fence, Reply(status), verdict)])


async def test_a_list_is_filtered_and_begins_behind_the_last_page(engine: AsyncEngine) -> None:
    first, second = await event(engine), await event(engine)
    other = await event(engine, user_id="somebody else")
    await deliver(engine, Verdict(delivered=True))

    async def ids(user_id: str | None = "somebody", **filters: object) -> list[object]:
        found = await list_deliveries(engine, user_id=user_id, most=10, **filters)  # type: ignore[arg-type]
        return [row.id for row in found]

    assert await ids() == [second.id, first.id]
    assert await ids(None) == [other.id, second.id, first.id]
    assert await ids(state=DeliveryState.DELIVERED) == [first.id]
    assert await ids(generation_id=second.generation_id) == [second.id]
    assert await ids(before=(second.created_at, second.id)) == [first.id]
    assert await ids("nobody") == []


async def test_what_is_over_is_forgotten_after_a_month_and_what_is_not_stays(engine: AsyncEngine) -> None:
    for _ in range(4):
        await event(engine)
    for _ in range(3):
        await deliver(engine, Verdict(delivered=True))
    assert await forget_old_deliveries(engine) == 0
    await fetch(engine, _A_MONTH_PASSES)
    replayed, *_ = await outbox(engine)
    await replay(engine, replayed.id)
    young = await event(engine)
    assert sum(await asyncio.gather(*(forget_old_deliveries(engine, most=1) for _ in range(2)))) == 2
    left = await outbox(engine)
    assert {row.id for row in left} >= {replayed.id, young.id}
    assert [row.state for row in left] == ["pending"] * 3


async def test_a_hold_is_forgotten_when_it_is_over_and_a_disabled_endpoint_is_not(engine: AsyncEngine) -> None:
    await event(engine, "https://a.example")
    await deliver(engine, Verdict(delay=5.0, hold=0.001), 503)
    await event(engine, "https://b.example")
    await deliver(engine, Verdict(gone=True), 410)
    await forget_old_deliveries(engine)
    assert [row.url for row in await fetch(engine, _ENDPOINTS)] == ["https://b.example"]
