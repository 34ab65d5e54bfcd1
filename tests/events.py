"""Events for tests: what the outbox holds, and a generation with a webhook that has come to its end."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.cancel import cancel
from pipeline.statements import fetch, statement
from tests.rows import submit

URL = "https://shop.example/hook"
_OUTBOX = statement("SELECT * FROM deliveries ORDER BY created_at, version, id")
_BY_ID = statement("SELECT * FROM deliveries WHERE id = :id")
_DUE = statement("UPDATE deliveries SET due_at = now() WHERE due_at IS NOT NULL RETURNING id")


async def outbox(engine: AsyncEngine) -> Sequence[Row[Any]]:
    """Every delivery, oldest first."""
    return await fetch(engine, _OUTBOX)


async def only_delivery(engine: AsyncEngine) -> Row[Any]:
    """The one delivery there is."""
    (row,) = await outbox(engine)
    return row


async def delivery_of(engine: AsyncEngine, delivery_id: UUID) -> Row[Any]:
    """The row as it stands."""
    (row,) = await fetch(engine, _BY_ID, id=delivery_id)
    return row


def told(row: Row[Any]) -> dict[str, Any]:
    """What an event says of its generation."""
    data: dict[str, Any] = orjson.loads(row.payload)["data"]
    return data


async def event(engine: AsyncEngine, url: str = URL, **given: Any) -> Row[Any]:
    """The delivery that a generation with this webhook leaves when it is called off."""
    before = {row.id for row in await outbox(engine)}
    await cancel(engine, await submit(engine, webhook_url=url, **given))
    (made,) = [row for row in await outbox(engine) if row.id not in before]
    return made


async def due(engine: AsyncEngine) -> None:
    """Let every delivery be due now that waits, or is held: tests need not wait for a clock."""
    await fetch(engine, _DUE)
