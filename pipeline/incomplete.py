"""Incomplete rows: they came by SQL, and nobody has worked out yet what the provider is to be asked.

`enqueue_job`, an INSERT into `job_queue`, one by hand into `image_generations`, and a migration leave rows that are
pending and have no `input`. The clock reads them as the old app's door would, and queues them, or says why it cannot.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Row, TextClause
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.egress import Guard
from pipeline.errors import Invalid
from pipeline.models import VersionPrice
from pipeline.moves import MOVED, Move, as_move
from pipeline.prices import read_prices
from pipeline.statements import as_json, blames_a_row, fetch, given, statement
from pipeline.submission import submission_of
from pipeline.submit import ACCEPTED
from pipeline.transitions import move
from schema.statuses import Status
from schema.wire.http import StartGenerationRequest

log = logging.getLogger(__name__)

MOST = 500
UNUSABLE = "it came by SQL with values that cannot be used; submit it anew through the API"

_ASKED = {
    "prompt": "prompt",
    "model_id": "model_id",
    "model_version": "model_version",
    "negative_prompt": "negative_prompt",
    "width": "width",
    "height": "height",
    "num_inference_steps": "steps",
    "guidance_scale": "guidance_scale",
    "seed": "seed",
    "source_image_url": "source_image_url",
    "strength": "generation_strength",
    "style": "style",
    "num_outputs": "num_outputs",
    "priority": "priority",
    "max_attempts": "max_attempts",
    "webhook_url": "webhook_url",
    "metadata": "metadata",
}
"""The fields of a request, and the columns in which such a row has them."""
_FOUND = (
    "model",
    "model_id",
    "model_version",
    "style",
    "width",
    "height",
    "steps",
    "guidance_scale",
    "seed",
    "source_image_url",
    "generation_strength",
    "num_outputs",
    "estimated_cost",
    "price",
    "input",
    "provider",
    "provider_model",
    "route",
)
"""The columns of what is worked out."""

_READ = statement(f"""
    SELECT id, fence, user_id, {", ".join(_ASKED.values())}, payload->>'aspect_ratio' AS aspect_ratio
    FROM image_generations
    WHERE status = 'pending' AND due_at <= now() AND input IS NULL AND NOT unmetered ORDER BY due_at LIMIT :most
""")
_TYPED = ", ".join(f"{column} {ACCEPTED[column]}" for column in _FOUND)
_COMPLETE = statement(f"""
    WITH r AS MATERIALIZED (
      SELECT * FROM {given(f"id uuid, fence bigint, {_TYPED}, stops jsonb")}),
    g AS (
      UPDATE image_generations AS g SET {move(Status.PENDING, Status.QUEUED)}, due_at = g.deadline,
        {", ".join(f"{column} = r.{column}" for column in _FOUND)}
      FROM r WHERE g.id = r.id AND g.status = 'pending' AND g.fence = r.fence AND g.input IS NULL
      RETURNING {MOVED}),
    on_their_ways AS (
      INSERT INTO routes (generation_id, stops)
      SELECT r.id, r.stops FROM r JOIN g ON g.id = r.id WHERE r.stops IS NOT NULL
      -- One that was emptied by hand had them worked out before.
      ON CONFLICT (generation_id) DO UPDATE SET stops = excluded.stops)
    SELECT {MOVED} FROM g
""")
_REFUSE = statement(f"""
    UPDATE image_generations AS g SET {move(Status.PENDING, Status.FAILED, why="r.why")},
      error_message = r.why, completed_at = now(), due_at = NULL, fence = g.fence + 1
    FROM {given("id uuid, fence bigint, why text")}
    WHERE g.id = r.id AND g.status = 'pending' AND g.fence = r.fence AND g.input IS NULL
    RETURNING {MOVED}
""")


async def complete_incomplete(engine: AsyncEngine, guard: Guard, providers: Collection[str]) -> list[Move]:
    """Queue every such row that is due, or fail it with the field and the limit that it breaks."""
    moved: list[Move] = []
    while rows := await fetch(engine, _READ, most=MOST):
        before = len(moved)
        prices = await read_prices(engine, {row.model_version for row in rows if row.model_version is not None})
        read = [_completed(row, guard, providers, prices) for row in rows]
        refused = [one for one in read if "why" in one]
        for one in await _written_down(engine, _COMPLETE, [one for one in read if "why" not in one], moved):
            refused.append({"id": one["id"], "fence": one["fence"], "why": UNUSABLE})
        for one in await _written_down(engine, _REFUSE, refused, moved):
            log.error("generation %s: it came by SQL and can be neither queued nor failed", one["id"])
        if len(rows) < MOST or len(moved) == before:
            break
    return moved


async def _written_down(
    engine: AsyncEngine, sql: TextClause, those: Sequence[Mapping[str, Any]], moved: list[Move]
) -> Sequence[Mapping[str, Any]]:
    """Run `sql` for all of `those` at once, or, when one is to blame, for each alone; those that were to blame."""
    try:
        moved += [as_move(row) for row in await fetch(engine, sql, rows=as_json(those))] if those else []
    except DBAPIError as error:
        if not blames_a_row(error):
            raise
        if len(those) == 1:
            log.warning("generation %s: it came by SQL, and Postgres refuses it", those[0]["id"], exc_info=error)
            return those
        return [one for single in those for one in await _written_down(engine, sql, [single], moved)]
    return []


def _completed(
    row: Row[Any], guard: Guard, providers: Collection[str], prices: Mapping[str, VersionPrice]
) -> Mapping[str, Any]:
    """What is worked out for a row, or `why` it cannot be. Never raises: one row must not keep the others waiting."""
    try:
        return _worked_out(row, guard, providers, prices)
    except Exception as error:
        log.exception("generation %s: it came by SQL and cannot be read", row.id)
        return {"id": row.id, "fence": row.fence, "why": f"{UNUSABLE} ({type(error).__name__})"}


def _worked_out(
    row: Row[Any], guard: Guard, providers: Collection[str], prices: Mapping[str, VersionPrice]
) -> Mapping[str, Any]:
    held = {"id": row.id, "fence": row.fence}
    # No column keeps a ratio: it becomes width and height here.
    columns = {**_ASKED, "aspect_ratio": "aspect_ratio"}
    asked = {field: value for field, column in columns.items() if (value := getattr(row, column)) is not None}
    try:
        found = submission_of(StartGenerationRequest.model_validate(asked), row.user_id, guard, providers, prices)
    except ValidationError as error:
        broken = error.errors(include_url=False, include_input=False)
        told = "; ".join(f"{one['loc'][0]}: {one['msg'].removeprefix('Value error, ')}" for one in broken)
        return {**held, "why": told}
    except Invalid as error:
        return {**held, "why": f"{error.field}: {error}"}
    return {**held, **{column: found[column] for column in (*_FOUND, "stops")}}
