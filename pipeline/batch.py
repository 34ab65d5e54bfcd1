"""Batch: generations that are submitted together, in one statement. All of them are accepted, or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.allowance import MAY, YES, Ask
from pipeline.idempotency import IS_OURS, TAKEN, TAKEN_IF_ALLOWED, Key, make_once
from pipeline.statements import as_json, fetch, statement
from pipeline.submit import submitting, submitting_if_allowed

_MAKE = """batch AS (
      INSERT INTO batches (id, user_id, name, settings, total)
      SELECT CAST(CAST(:batch_id AS text) AS uuid), CAST(:owner AS text), CAST(:name AS text),
        CAST(:settings AS jsonb), :total
      {when} RETURNING id)"""
_MADE = "EXISTS (SELECT FROM batch)"
_SUBMIT = submitting(_MADE, f"{_MAKE.format(when='')},")
_SUBMIT_IF_ALLOWED = submitting_if_allowed(_MADE, f"{MAY}, {_MAKE.format(when=f'WHERE {YES}')},")
_MAKE_OURS = _MAKE.format(when=f"WHERE {IS_OURS}")
_SUBMIT_ONCE = submitting(_MADE, f"{TAKEN}, {_MAKE_OURS},")
_SUBMIT_ONCE_IF_ALLOWED = submitting_if_allowed(_MADE, f"{TAKEN_IF_ALLOWED}, {_MAKE_OURS},")

# Its generations' ids in the order in which they were asked for; those that were deleted since are missing.
_READ = statement("""
    SELECT b.id, b.user_id, b.name, b.settings, b.total, b.created_at,
      (SELECT jsonb_agg(jsonb_build_object('id', g.id, 'index', g.batch_index, 'status', g.status)
         ORDER BY g.batch_index, g.id)
       FROM image_generations AS g WHERE g.batch_id = b.id AND g.batch_id IS NOT NULL) AS generations
    FROM batches AS b WHERE b.id = :id
""")


@dataclass(frozen=True)
class Batch:
    """What is submitted together."""

    id: UUID
    user_id: str | None
    name: str | None
    settings: Mapping[str, Any]
    """What they share, as it was asked for."""
    submissions: Sequence[Mapping[str, Any]]
    """As `Submissions.submit` takes them."""

    def _parameters(self) -> dict[str, Any]:
        members = [
            {**submission, "batch_id": self.id, "batch_index": index}
            for index, submission in enumerate(self.submissions)
        ]
        return {
            "batch_id": str(self.id),
            "owner": self.user_id,
            "name": self.name,
            "settings": as_json(self.settings),
            "total": len(members),
            "rows": as_json(members),
        }


async def submit_batch(engine: AsyncEngine, batch: Batch, *, limited: bool = False) -> Sequence[Row[Any]]:
    """Insert a batch with all of its generations; their rows.

    With `limited` their user's rate and budgets are asked in the same statement: raises TooMany or BudgetSpent.
    """
    if not limited:
        return await fetch(engine, _SUBMIT, **batch._parameters())
    ask = Ask.of(batch.user_id, batch.submissions)
    rows = await fetch(engine, _SUBMIT_IF_ALLOWED, **batch._parameters(), **ask.parameters)
    ask.check(rows[0])
    return rows


async def submit_batch_once(
    engine: AsyncEngine, batch: Batch, key: Key, *, limited: bool = False
) -> Sequence[Row[Any]] | UUID:
    """The same once for a key: its rows, or the id of the batch that the key has made. Raises KeyReused, too."""
    ask = Ask.of(batch.user_id, batch.submissions) if limited else None
    sql = _SUBMIT_ONCE_IF_ALLOWED if limited else _SUBMIT_ONCE
    return await make_once(engine, key, batch.id, sql, ask, **batch._parameters())


async def read_batch_of(engine: AsyncEngine, batch_id: UUID) -> Row[Any] | None:
    """A batch with `generations` ([{id, index, status}], in order), or None."""
    rows = await fetch(engine, _READ, id=batch_id)
    return rows[0] if rows else None
