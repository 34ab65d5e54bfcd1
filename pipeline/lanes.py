"""Lanes: what the operator decides about a provider, and about those of its models that have a lane of their own."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.errors import Invalid
from pipeline.statements import fetch, statement

LARGEST_CAP = 100_000

_LIST = statement("""
    SELECT l.provider, l.model_id, l.cap, l.paused, l.creates_per_minute,
      (SELECT count(*) FROM image_generations AS g
       WHERE g.status = 'processing' AND g.provider = l.provider AND g.due_at IS NOT NULL
         AND (l.model_id = '' OR g.lane = l.model_id)) AS in_flight,
      (SELECT count(*) FROM image_generations AS g
       WHERE g.status = 'queued' AND g.provider = l.provider AND g.lane = l.model_id) AS queued
    FROM lanes AS l ORDER BY l.provider, l.model_id
""")
# Only where there is a lane of the whole provider: a model's alone would be claimed by nobody.
_SET = statement("""
    INSERT INTO lanes AS l (provider, model_id, cap, creates_per_minute, tokens)
    SELECT :provider, :model_id, :cap, CAST(:per_minute AS integer), 1
    WHERE EXISTS (SELECT FROM lanes WHERE provider = :provider AND model_id = '')
    ON CONFLICT (provider, model_id) DO UPDATE SET
      cap = excluded.cap, creates_per_minute = excluded.creates_per_minute
    RETURNING l.provider
""")
_PAUSE = statement("""
    UPDATE lanes SET paused = :paused WHERE provider = :provider AND model_id = :model_id RETURNING provider
""")
_REMOVE = statement("DELETE FROM lanes WHERE provider = :provider AND model_id = :model_id RETURNING provider")


async def list_lanes(engine: AsyncEngine) -> Sequence[Row[Any]]:
    """Every lane with what is in flight in it and what waits for it."""
    return await fetch(engine, _LIST)


async def set_lane(engine: AsyncEngine, provider: str, model_id: str, cap: int, per_minute: int | None) -> None:
    """Give a model a lane of its own, or that lane another cap and rate. Raises Invalid.

    What waits for the model moves into it. A whole provider's cap and rate are settings.
    """
    if not model_id:
        raise Invalid("model", "model: whose lane? A whole provider's cap and rate are settings: see .env.example")
    if not 0 <= cap <= LARGEST_CAP:
        raise Invalid("cap", f"cap: must be 0 to {LARGEST_CAP:,} predictions in flight")
    if per_minute is not None and per_minute < 1:
        raise Invalid("per-minute", "per-minute: must be at least 1")
    given = {"cap": cap, "per_minute": per_minute}
    if not await fetch(engine, _SET, provider=provider, model_id=model_id, **given):
        raise await _unknown(engine, provider, "")


async def pause_lane(engine: AsyncEngine, provider: str, model_id: str, *, paused: bool) -> None:
    """Buy nothing in this lane from now on, or go on; what is in flight comes to its end. Raises Invalid."""
    if not await fetch(engine, _PAUSE, provider=provider, model_id=model_id, paused=paused):
        raise await _unknown(engine, provider, model_id)


async def remove_lane(engine: AsyncEngine, provider: str, model_id: str) -> None:
    """Take a model's lane away; what waits in it goes back into its provider's. Raises Invalid."""
    if not model_id:
        raise Invalid("model", "model: whose lane? A provider's own lane stays as long as it is set up")
    if not await fetch(engine, _REMOVE, provider=provider, model_id=model_id):
        raise await _unknown(engine, provider, model_id)


async def _unknown(engine: AsyncEngine, provider: str, model_id: str) -> Invalid:
    known = ", ".join(f"{row.provider} {row.model_id}".strip() for row in await list_lanes(engine)) or "none"
    return Invalid("lane", f"lane: there is no lane {f'{provider} {model_id}'.strip()!r}; there are: {known}")
