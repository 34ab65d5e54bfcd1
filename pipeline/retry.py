"""Retry: a failed or cancelled generation is tried again by hand, with a fresh allowance of attempts.

It is a purchase as a submission is, out of the same rate and the same budgets.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.allowance import ANSWER, YES, Ask, give_back, unpriced_of
from pipeline.errors import BudgetSpent, TooMany
from pipeline.moves import FIRST_ROUTE, FORGET
from pipeline.read import OF_BATCH, THOSE_IN_ORDER
from pipeline.resource import COLUMNS
from pipeline.statements import WANTED, as_json, execute, fetch, statement
from pipeline.transitions import move_any
from schema.statuses import Status, sql_list

RETRIED = frozenset({Status.FAILED, Status.CANCELLED})
MOST_ATTEMPTS = 1_000
"""Of all a generation's retries together: its timeline is read whole, and an attempt's number fits its column."""

# Not while the provider may still be at work on it (due_at): that one is stopped and read to its end first.
_MAY_BE = f"""g.due_at IS NULL
      AND g.attempt_number < {MOST_ATTEMPTS} AND (g.deadline IS NULL OR g.deadline > now())"""
_ANEW = """attempts_before = g.attempt_number, retry_count = 0, error_message = NULL, completed_at = NULL,
      progress = NULL, fence = g.fence + 1, archived_at = NULL"""
_FRESH = f"{move_any(RETRIED, Status.QUEUED)}, {_ANEW}, due_at = g.deadline"
# Outputs that were paid for and not stored are fetched before anything is bought: the row keeps its prediction.
# What could not be understood is read again: see actors/collect.py.
# Not what an external worker brought: the row goes back to its provider, which has sold nothing for it.
_UNSTORED = """g.outside_of IS NULL AND g.prediction->>'status' = 'succeeded'
      AND (jsonb_array_length(g.prediction->'output') > 0 OR g.prediction->>'unreadable' IS NOT NULL)"""
_THOSE = f"{OF_BATCH} AND g.status IN ({sql_list(RETRIED)}) AND {_MAY_BE}"
_BUYS = f"coalesce(NOT ({_UNSTORED}), true) AND g.input IS NOT NULL"
_RETRY_UNSTORED = statement(f"""{THOSE_IN_ORDER}
    UPDATE image_generations AS g SET {_FRESH}, unmetered = false WHERE {_THOSE} AND {_UNSTORED} RETURNING {COLUMNS}
""")
_FROM_THE_FIRST = FIRST_ROUTE % "'{}'"
_BUY_AGAIN = f"{_FRESH}, {FORGET}, refused_by = '{{}}', unmetered = false, {_FROM_THE_FIRST}"
_RETRY = statement(f"""{THOSE_IN_ORDER}
    UPDATE image_generations AS g SET {_BUY_AGAIN} WHERE {_THOSE} AND {_BUYS} RETURNING {COLUMNS}
""")
# What came by SQL and was never read waits for that first (pipeline/incomplete.py), and before it for its token.
_RETRY_UNREAD = statement(f"""{THOSE_IN_ORDER}
    UPDATE image_generations AS g SET {move_any(RETRIED, Status.PENDING)}, {_ANEW}, due_at = now(), unmetered = true
    WHERE {_THOSE} AND coalesce(NOT ({_UNSTORED}), true) AND g.input IS NULL RETURNING {COLUMNS}
""")
# By what it is thought to cost where it will be bought: at the first on its way.
_ONE = f"g.id = :id AND g.status IN ({sql_list(RETRIED)}) AND {_MAY_BE} AND {_BUYS}"
_RETRY_IF_ALLOWED = statement(f"""
    WITH may AS MATERIALIZED (
      SELECT allowed.*, again.* FROM (
        SELECT coalesce(g.user_id, '') AS payer, g.model_id, g.model_version,
          CASE WHEN g.route IS NULL THEN g.estimated_cost ELSE s.estimated_cost END AS usd
        FROM image_generations AS g CROSS JOIN LATERAL darkroom_stop(g.id, g.route[1]) AS s WHERE {_ONE}) AS again
      CROSS JOIN LATERAL darkroom_may_submit(again.payer, 1, again.usd) AS allowed),
    made AS (UPDATE image_generations AS g SET {_BUY_AGAIN} WHERE {_ONE} AND {YES} RETURNING {COLUMNS})
    SELECT made.*, {ANSWER}, may.payer, may.usd, may.model_id AS asked_model, may.model_version AS asked_version
    FROM may LEFT JOIN made ON true
""")
_REPRICE = statement(f"SELECT darkroom_reprice(ARRAY {WANTED})")
_OWNERS = statement(f"""
    SELECT g.id, g.user_id, EXISTS (SELECT FROM darkroom_limits_of('+') AS l WHERE l.budget_usd IS NOT NULL)
      OR EXISTS (SELECT FROM darkroom_limits_of(coalesce(g.user_id, '')) AS l
        WHERE l.budget_usd IS NOT NULL OR l.per_minute IS NOT NULL) AS limited
    FROM image_generations AS g
    WHERE g.id IN {WANTED} AND g.status IN ({sql_list(RETRIED)}) AND {_MAY_BE} AND {_BUYS}
    ORDER BY g.batch_index, g.id
""")
_FAILED = statement("""
    SELECT g.id FROM image_generations AS g
    WHERE g.batch_id = CAST(CAST(:batch_id AS text) AS uuid) AND g.batch_id IS NOT NULL AND g.status = 'failed'
    ORDER BY g.batch_index, g.id
""")
Refusal = TooMany | BudgetSpent


class Retried(NamedTuple):
    """What became of several that were to be tried again."""

    rows: Sequence[Row[Any]]
    """Those that are queued again."""
    refusal: Refusal | None
    """Why others were left as they are, when a rate or a budget had room for these only."""


async def retry(engine: AsyncEngine, generation_id: UUID) -> Row[Any] | None:
    """Queue a failed or cancelled generation again; its resource's row. None when it may not be.

    What will be bought is taken out of its owner's rate and budgets, as a submission is: raises TooMany or BudgetSpent.
    """
    ids = as_json([generation_id])
    await execute(engine, _REPRICE, ids=ids)
    if row := await _buy_again(engine, generation_id):
        return row
    for sql in (_RETRY_UNSTORED, _RETRY_UNREAD):
        if rows := await fetch(engine, sql, ids=ids):
            return rows[0]
    return None


async def retry_failed(engine: AsyncEngine, batch_id: UUID) -> Retried:
    """Queue the failed generations of a batch again, as `retry_many` does."""
    return await retry_many(engine, [row.id for row in await fetch(engine, _FAILED, batch_id=str(batch_id))])


async def retry_many(engine: AsyncEngine, ids: Sequence[UUID]) -> Retried:
    """Queue whichever of these have failed or were called off again, as far as they may be.

    Of each owner as many as the rate and the budgets have room for, in their order in a batch. All or none would keep
    a batch that is larger than a minute's worth from ever being tried again. Raises TooMany or BudgetSpent when there
    is room for none.
    """
    wanted = as_json(ids)
    await execute(engine, _REPRICE, ids=wanted)
    rows = [row for sql in (_RETRY_UNSTORED, _RETRY_UNREAD) for row in await fetch(engine, sql, ids=wanted)]
    buying = await fetch(engine, _OWNERS, ids=wanted)
    if unlimited := [one.id for one in buying if not one.limited]:
        rows += await fetch(engine, _RETRY, ids=as_json(unlimited))
    refusals: dict[str | None, Refusal] = {}
    for one in buying:
        if one.limited and one.user_id not in refusals:
            try:
                rows += [row] if (row := await _buy_again(engine, one.id)) else []
            except (TooMany, BudgetSpent) as refused:
                refusals[one.user_id] = refused
    refusal = next(iter(refusals.values()), None)
    if refusal and not rows:
        raise refusal
    return Retried(rows, refusal)


async def _buy_again(engine: AsyncEngine, generation_id: UUID) -> Row[Any] | None:
    for row in await fetch(engine, _RETRY_IF_ALLOWED, id=generation_id):
        ask = Ask(row.payer, 1, row.usd, unpriced_of(row.asked_model, row.asked_version))
        ask.check(row)
        if row.id is not None:
            return row
        # Somebody else did it at the same time.
        await give_back(engine, ask.payer, ask.number)
    return None
