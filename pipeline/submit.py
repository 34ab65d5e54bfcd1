"""Submit: a request becomes a row. One INSERT for however many requests arrive together."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.allowance import ANSWER, MAY, YES, Ask
from pipeline.coalesce import Coalescer
from pipeline.resource import COLUMNS
from pipeline.statements import Written, as_json, blames_a_row, fetch, given, statement, written
from pipeline.transitions import entry, performers_of
from schema.statuses import Status

ACCEPTED: dict[str, str] = {
    "id": "uuid",
    "user_id": "text",
    "prompt": "text",
    "negative_prompt": "text",
    "model": "text",
    "model_id": "text",
    "model_version": "text",
    "style": "text",
    "width": "integer",
    "height": "integer",
    "steps": "integer",
    "guidance_scale": "double precision",
    "seed": "bigint",
    "source_image_url": "text",
    "generation_strength": "double precision",
    "num_outputs": "smallint",
    "priority": "integer",
    "max_attempts": "smallint",
    "provider": "text",
    "provider_model": "text",
    "route": "text[]",
    "deadline": "timestamptz",
    "webhook_url": "text",
    "metadata": "jsonb",
    "estimated_cost": "numeric",
    "price": "jsonb",
    "input": "jsonb",
    "batch_id": "uuid",
    "batch_index": "integer",
}
"""The columns a submission fills, with their types."""

assert performers_of(None, Status.QUEUED) == performers_of(None, Status.PENDING) == ("door",)

_LATER = "r.scheduled_at > now()"
_TYPED = ", ".join(f"{name} {kind}" for name, kind in ACCEPTED.items())


_GIVEN = f"""r AS MATERIALIZED (
      SELECT * FROM {given(f"{_TYPED}, scheduled_at timestamptz, stops jsonb")} WHERE %s),
    on_their_ways AS (
      INSERT INTO routes (generation_id, stops) SELECT r.id, r.stops FROM r WHERE r.stops IS NOT NULL)"""
_MADE = f"""
    INSERT INTO image_generations AS g
      ({", ".join(ACCEPTED)}, status, due_at, version, timeline)
    SELECT {", ".join(f"r.{name}" for name in ACCEPTED)},
      CASE WHEN {_LATER} THEN 'pending' ELSE 'queued' END,
      CASE WHEN {_LATER} THEN r.scheduled_at ELSE r.deadline END,
      1,
      jsonb_build_array(CASE WHEN {_LATER} THEN {entry(Status.PENDING, "1", "0")}
                        ELSE {entry(Status.QUEUED, "1", "0")} END)
    FROM r
    RETURNING {COLUMNS}
"""


def submitting(condition: str = "true", before: str = "") -> TextClause:
    """A statement that makes rows of the submissions in `:rows`, with what stands on their ways, and returns COLUMNS.

    `condition` may name a CTE of those that are given in `before`, each with a comma behind it.
    """
    return statement(f"WITH {before} {_GIVEN % condition} {_MADE}")


def submitting_if_allowed(condition: str, before: str) -> TextClause:
    """The same where one of the CTEs is `may` (see pipeline/allowance.py): its ANSWER stands behind COLUMNS, which are
    NULL when nothing was made.
    """
    return statement(f"""
    WITH {before} {_GIVEN % condition},
    made AS ({_MADE})
    SELECT made.*, {ANSWER} FROM may LEFT JOIN made ON true
    """)


_INSERT = submitting()
_INSERT_IF_ALLOWED = submitting_if_allowed(YES, f"{MAY},")


class Submissions:
    """Takes requests in. Concurrent ones share an INSERT; one that Postgres refuses fails alone."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._coalescer: Coalescer[Written, Row[Any]] = Coalescer(
            self._insert, largest=100, at_once=2, splits=blames_a_row
        )

    async def submit(self, submission: Mapping[str, Any], *, limited: bool = False) -> Row[Any]:
        """Insert one row (the columns of ACCEPTED, `scheduled_at`, `stops`); returns it when it has been committed.

        With `limited` its user's rate and budgets are asked in the same statement, which it has to itself: raises
        TooMany or BudgetSpent. Raises Invalid for one that is no JSON, before it joins the others.
        """
        row = written(submission)
        if not limited:
            return await self._coalescer(row)
        ask = Ask.of(submission["user_id"], [submission])
        (found,) = await fetch(self._engine, _INSERT_IF_ALLOWED, rows=as_json([row]), **ask.parameters)
        ask.check(found)
        return found

    async def _insert(self, batch: list[Written]) -> Sequence[Row[Any]]:
        rows: dict[UUID, Row[Any]] = {row.id: row for row in await fetch(self._engine, _INSERT, rows=as_json(batch))}
        return [rows[submission.id] for submission in batch]
