"""The log: every event with its tries, as its owner sees it, and the wish to send one again."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.statements import execute, fetch, statement
from schema.delivery_states import DeliveryState

KEPT = "interval '30 days'"
"""How long an event stays in the log, in SQL."""
FORGOTTEN_AT_ONCE = 1_000

_COLUMNS = """d.id, d.type, d.generation_id, d.version, d.user_id, d.url, d.state, d.attempts,
    CASE WHEN d.state = 'pending' THEN d.due_at END AS next_try_at, d.created_at, d.settled_at"""
_LISTED = f"{_COLUMNS}, d.tries -> -1 AS last_try"
_WHOLE = f"{_COLUMNS}, d.tries -> -1 AS last_try, d.tries, d.payload"
_READ = statement(f"SELECT {_WHOLE} FROM deliveries AS d WHERE d.id = :id")

# One that is being sent keeps its lease, or two would send it at once: it is sent again when that try is over.
# Whoever sends it again wants the endpoint to be sent to.
_REPLAY = statement(f"""
    WITH enabled AS (
      DELETE FROM webhook_endpoints AS e USING deliveries AS d WHERE d.id = :id AND e.endpoint = d.endpoint)
    UPDATE deliveries AS d SET
      state = CASE d.state WHEN 'sending' THEN 'sending' ELSE 'pending' END,
      due_at = CASE d.state WHEN 'sending' THEN d.due_at ELSE now() END,
      again = d.state = 'sending', settled_at = NULL,
      attempts = CASE d.state WHEN 'sending' THEN d.attempts ELSE 0 END
    WHERE d.id = :id
    RETURNING {_WHOLE}
""")

# Locked ones are just being sent, or replayed. What still has a clock is not over, however old it is.
_FORGET = statement(f"""
    WITH old AS MATERIALIZED (
      SELECT id FROM deliveries WHERE created_at < now() - {KEPT} AND due_at IS NULL
      ORDER BY created_at LIMIT :most FOR UPDATE SKIP LOCKED)
    DELETE FROM deliveries AS d USING old WHERE d.id = old.id RETURNING d.id
""")
_FORGET_HOLDS = statement("DELETE FROM webhook_endpoints WHERE held_until < now() AND disabled_at IS NULL")
_FORGET_SECRETS = statement("DELETE FROM webhook_secrets WHERE ends_at < now()")


@cache
def _listing(filters: frozenset[str]) -> TextClause:
    conditions = {
        "user_id": "d.user_id = :user_id",
        "generation_id": "d.generation_id = CAST(:generation_id AS uuid)",
        "before": "(d.created_at, d.id) < (CAST(:before_at AS timestamptz), CAST(:before_id AS uuid))",
        **{f"state={state}": f"d.state = '{state}'" for state in DeliveryState},
    }
    wanted = " AND ".join(conditions[name] for name in sorted(filters)) or "true"
    return statement(f"""
        SELECT {_LISTED} FROM deliveries AS d WHERE {wanted} ORDER BY d.created_at DESC, d.id DESC LIMIT :most
    """)


async def list_deliveries(
    engine: AsyncEngine,
    *,
    user_id: str | None,
    most: int,
    generation_id: UUID | None = None,
    state: DeliveryState | None = None,
    before: tuple[datetime, UUID] | None = None,
) -> Sequence[Row[Any]]:
    """Up to `most` deliveries of a user (of everyone when None), newest first, older than `before`."""
    given: dict[str, Any] = {"user_id": user_id, "generation_id": generation_id and str(generation_id)}
    parameters = {name: value for name, value in given.items() if value is not None}
    filters = set(parameters)
    if state is not None:
        filters.add(f"state={state}")
    if before is not None:
        filters.add("before")
        parameters |= {"before_at": before[0], "before_id": str(before[1])}
    return await fetch(engine, _listing(frozenset(filters)), most=most, **parameters)


async def read_delivery(engine: AsyncEngine, delivery_id: UUID) -> Row[Any] | None:
    """One delivery with its `tries` and `payload`, or None."""
    rows = await fetch(engine, _READ, id=delivery_id)
    return rows[0] if rows else None


async def replay(engine: AsyncEngine, delivery_id: UUID) -> Row[Any] | None:
    """Send one again, whatever came of it, by a schedule of its own; its endpoint is enabled. None: it is not there."""
    rows = await fetch(engine, _REPLAY, id=delivery_id)
    return rows[0] if rows else None


async def forget_old_deliveries(engine: AsyncEngine, most: int = FORGOTTEN_AT_ONCE) -> int:
    """Delete what is over and was written 30 days ago, `most` in a statement, and what has ended since: how many."""
    await execute(engine, _FORGET_HOLDS)
    await execute(engine, _FORGET_SECRETS)
    forgotten = 0
    while True:
        batch = len(await fetch(engine, _FORGET, most=most))
        forgotten += batch
        if batch < most:
            return forgotten
