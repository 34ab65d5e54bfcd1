"""Money: what a prediction has cost is booked once, with its end; a budget stops what it cannot pay."""

import asyncio
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.advance import collect_finished, try_again
from pipeline.callback import Callbacks
from pipeline.cancel import cancel, claim_running, stopped
from pipeline.claim import claim_queued
from pipeline.limits import EACH, set_limits
from pipeline.money import EVERYBODY, read_cost
from pipeline.statements import execute, fetch, statement
from tests.rows import row_of, statuses, submit

LEASE = 30.0
PICTURE = {"price": {"picture": 0.25}, "estimated_cost": 0.25}
SECOND = {"price": {"second": 0.01}, "estimated_cost": 0.3}
_SPENT = statement("SELECT user_id, usd FROM spending ORDER BY user_id")


def ended(status: str = "succeeded", outputs: int = 1, seconds: float = 7.0, **more: Any) -> dict[str, Any]:
    """A prediction's record."""
    output = [f"http://127.0.0.1/{n}.png" for n in range(outputs)] if status == "succeeded" else []
    return {"status": status, "output": output, "seconds": seconds, **more}


async def spent(engine: AsyncEngine) -> dict[str, float]:
    """What stands in the books, by user."""
    return {row.user_id: float(row.usd) for row in await fetch(engine, _SPENT)}


async def bought(engine: AsyncEngine, **given: Any) -> Row[Any]:
    """A row whose purchase is under way."""
    await submit(engine, **{"user_id": "a", **given})
    ((row),) = await claim_queued(engine, {"replicate": 1}, LEASE)
    return row


async def hear(engine: AsyncEngine, row: Row[Any], record: dict[str, Any], id_: str = "p1") -> bool:
    """What the provider's webhook does."""
    return await Callbacks(engine).commit(row.id, row.attempt_number, id_, record, provider="replicate")


async def budget(engine: AsyncEngine, user_id: str, usd: str, period: Any = "month") -> None:
    """Give somebody a budget."""
    await set_limits(engine, user_id, in_flight=None, per_minute=None, budget_usd=Decimal(usd), period=period)


@pytest.mark.parametrize(
    ("given", "record", "cost"),
    [
        (PICTURE, ended(), 0.25),
        (PICTURE, ended(outputs=3), 0.75),
        (PICTURE, ended("failed"), 0.0),
        (SECOND, ended(), 0.07),
        (SECOND, ended("failed"), 0.07),
        (SECOND, ended("aborted", seconds=0), 0.0),
        (PICTURE, ended(cost=0.11), 0.11),
        ({}, ended(cost=0.11), 0.11),
        ({}, ended(), None),
    ],
)
async def test_what_a_prediction_cost_is_booked(
    engine: AsyncEngine, given: dict[str, Any], record: dict[str, Any], cost: float | None
) -> None:
    row = await bought(engine, **given)
    assert await hear(engine, row, record)
    booked = (await row_of(engine, row.id)).cost
    assert (None if booked is None else float(booked)) == cost
    assert await spent(engine) == ({"a": cost, EVERYBODY: cost} if cost else {})


async def test_a_doubled_webhook_is_booked_once(engine: AsyncEngine) -> None:
    row = await bought(engine, **PICTURE)
    callbacks = Callbacks(engine)
    await asyncio.gather(*(callbacks.commit(row.id, 1, "p1", ended(), provider="replicate") for _ in range(5)))
    await hear(engine, row, ended())
    assert await spent(engine) == {"a": 0.25, EVERYBODY: 0.25}


async def test_all_attempts_are_paid_for(engine: AsyncEngine) -> None:
    row = await bought(engine, **SECOND)
    await hear(engine, row, ended("failed", seconds=10))
    found = await collect_finished(engine, 10)
    assert await try_again(engine, found.undeveloped[0], "failed", delay=0, unsold=False)
    await execute(engine, statement("UPDATE image_generations SET status = 'queued' WHERE status = 'pending'"))
    (again,) = await claim_queued(engine, {"replicate": 1}, LEASE)
    await hear(engine, again, ended(seconds=20), "p2")
    assert float((await row_of(engine, row.id)).cost) == 0.3
    assert await spent(engine) == {"a": 0.3, EVERYBODY: 0.3}


@pytest.mark.parametrize("heard_first", [True, False])
async def test_what_was_worked_before_it_was_called_off_is_paid_once(engine: AsyncEngine, heard_first: bool) -> None:
    row = await bought(engine, **SECOND, user_id=None)
    await hear(engine, row, None)  # type: ignore[arg-type]  # the row learns of its prediction
    assert await cancel(engine, row.id)
    (running,) = await claim_running(engine, 10, LEASE)
    if heard_first:
        await hear(engine, row, ended("canceled", seconds=4))
        running = await row_of(engine, row.id)
    await stopped(engine, running, ended("canceled", seconds=4))
    assert await spent(engine) == {"": 0.04, EVERYBODY: 0.04}
    assert float((await row_of(engine, row.id)).cost) == 0.04


async def test_many_are_booked_at_once_without_waiting_in_a_circle(engine: AsyncEngine) -> None:
    rows = [await bought(engine, **PICTURE, user_id=f"u{n % 5}") for n in range(60)]
    many = [Callbacks(engine) for _ in range(6)]
    await asyncio.gather(
        *(many[n % 6].commit(row.id, 1, f"p{n}", ended(), provider="replicate") for n, row in enumerate(reversed(rows)))
    )
    assert await spent(engine) == {**dict.fromkeys((f"u{n}" for n in range(5)), 3.0), EVERYBODY: 15.0}


async def claimed(engine: AsyncEngine, most: int = 64) -> list[str]:
    """What becomes of those that are claimed."""
    return sorted(row.status for row in await claim_queued(engine, {"replicate": most}, LEASE))


async def test_a_budget_counts_what_is_in_flight_and_what_comes_before(engine: AsyncEngine) -> None:
    await budget(engine, "a", "1.10")
    ids = [await submit(engine, user_id="a", **PICTURE) for _ in range(6)]
    assert await claimed(engine, 2) == ["processing"] * 2
    assert await claimed(engine) == ["failed", "failed", "processing", "processing"]
    refused = await row_of(engine, ids[5])
    assert statuses(refused) == ["queued", "failed"]
    why = "payment required: the user's budget of $1.10 a month has not the $0.2500 left that this would cost"
    assert (refused.error_message, refused.timeline[-1]["why"]) == (why, why)
    assert refused.due_at is None
    assert refused.completed_at is not None


async def test_what_is_refused_takes_nobody_elses_place(engine: AsyncEngine) -> None:
    await budget(engine, "a", "0")
    for _ in range(3):
        await submit(engine, user_id="a", **PICTURE)
    others = [await submit(engine, user_id="b", **PICTURE) for _ in range(3)]
    flying: set[UUID] = set()
    while rows := await claim_queued(engine, {"replicate": 2}, LEASE):
        flying |= {row.id for row in rows if row.status == "processing"}
    assert flying == set(others)


async def test_everybodys_budget_stops_everybody(engine: AsyncEngine) -> None:
    await budget(engine, EVERYBODY, "0.50")
    for user_id in ("a", "b", "c"):
        await submit(engine, user_id=user_id, **PICTURE)
    assert await claimed(engine) == ["failed", "processing", "processing"]
    (refused,) = await fetch(engine, statement("SELECT error_message FROM image_generations WHERE status = 'failed'"))
    assert refused.error_message.startswith("payment required: the server's budget of $0.50 a month")


@pytest.mark.parametrize("payer", ["a", EVERYBODY, EACH])
async def test_what_nobody_knows_the_price_of_is_not_bought_on_a_budget(engine: AsyncEngine, payer: str) -> None:
    version = "f" * 64
    ids = [await submit(engine, user_id="a", model_version=one) for one in (version, None)]
    await budget(engine, payer, "100")
    assert await claimed(engine) == ["failed", "failed"]
    foreign, listed = [(await row_of(engine, one)).error_message for one in ids]
    assert foreign == (
        f"payment required: model_version: nobody knows what {version} costs, and a budget pays known prices only; "
        f"the operator enters it with `darkroom models add {version} --usd <price>`"
    )
    assert listed == (
        "payment required: model_id: nobody knows what black-forest-labs/flux-schnell costs at replicate, and a budget "
        "pays known prices only"
    )


async def test_what_nobody_knows_the_price_of_is_bought_where_there_is_no_budget(engine: AsyncEngine) -> None:
    await budget(engine, "b", "100")
    await submit(engine, user_id="a")
    assert await claimed(engine) == ["processing"]


async def test_a_budget_begins_anew_with_its_period(engine: AsyncEngine) -> None:
    await budget(engine, EACH, "0.30", "day")
    row = await bought(engine, **PICTURE)
    await hear(engine, row, ended())
    await submit(engine, user_id="a", **PICTURE)
    assert await claimed(engine) == ["failed"]
    await execute(engine, statement("UPDATE spending SET day = day - 1"))
    await submit(engine, user_id="a", **PICTURE)
    assert await claimed(engine) == ["processing"]


async def test_claims_at_once_do_not_overspend(engine: AsyncEngine) -> None:
    await budget(engine, "a", "2.00")
    for _ in range(30):
        await submit(engine, user_id="a", **PICTURE)
    claims = await asyncio.gather(*(claim_queued(engine, {"replicate": 3}, LEASE) for _ in range(12)))
    kinds = [row.status for claim in claims for row in claim]
    assert (kinds.count("processing"), kinds.count("failed")) == (8, 22)


async def test_the_cost_is_read_by_user_and_for_all(engine: AsyncEngine) -> None:
    nothing = dict.fromkeys(("budget_usd", "budget_period", "budget_left_usd"))
    assert await read_cost(engine, "a") == {"today_usd": 0, "month_usd": 0, **nothing}
    for user_id in ("a", "b"):
        await hear(engine, await bought(engine, **PICTURE, user_id=user_id), ended(), f"p-{user_id}")
    await budget(engine, EACH, "1", "day")
    limited = {"budget_usd": 1.0, "budget_period": "day", "budget_left_usd": 0.75}
    assert await read_cost(engine, "a") == {"today_usd": 0.25, "month_usd": 0.25, **limited}
    assert await read_cost(engine, None) == {"today_usd": 0.5, "month_usd": 0.5, **nothing}
