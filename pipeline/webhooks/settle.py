"""Settle: what came of tries, written down for many at once, and what receivers have asked of us with it."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.statements import Rows, as_json, fetch, given, statement
from pipeline.webhooks.schedule import Reply, Verdict

MOST_HEARD = 5_000
"""How many that wait for an endpoint follow its wish at once; the claim sees to the rest."""

# Rows are locked in the order of their ids, as everywhere. What waits for the same endpoint follows its wish, but for
# rows that somebody else holds just now: a claim looks at the endpoint itself.
# The last element of `tries` is this one: the claim began it.
_TRIED = """id uuid, fence bigint, delivered boolean, gone boolean, delay double precision,
        hold double precision, untried integer, try jsonb"""
_SETTLE = statement(f"""
    WITH r AS MATERIALIZED (
      SELECT r.*, d.endpoint, d.user_id, d.url
      FROM {given(_TRIED)}
      JOIN deliveries AS d ON d.id = r.id
      WHERE d.fence = r.fence ORDER BY r.id FOR UPDATE OF d),
    told AS (
      INSERT INTO webhook_endpoints AS e (endpoint, user_id, url, disabled_at, held_until)
      SELECT r.endpoint, min(r.user_id), min(r.url), CASE WHEN bool_or(r.gone) THEN now() END,
        now() + make_interval(secs => max(r.hold))
      FROM r WHERE r.gone OR r.hold > 0 GROUP BY r.endpoint ORDER BY r.endpoint
      ON CONFLICT (endpoint) DO UPDATE SET disabled_at = coalesce(e.disabled_at, excluded.disabled_at),
        held_until = greatest(e.held_until, excluded.held_until)
      RETURNING e.endpoint, e.disabled_at, e.held_until),
    waiting AS MATERIALIZED (
      SELECT d.id, told.disabled_at, told.held_until FROM told JOIN deliveries AS d ON d.endpoint = told.endpoint
      WHERE d.due_at IS NOT NULL AND d.state = 'pending'
        AND (told.disabled_at IS NOT NULL OR d.due_at < told.held_until)
      ORDER BY d.id LIMIT {MOST_HEARD} FOR UPDATE OF d SKIP LOCKED),
    heard AS (
      UPDATE deliveries AS d SET state = CASE WHEN w.disabled_at IS NULL THEN 'pending' ELSE 'disabled' END,
        due_at = CASE WHEN w.disabled_at IS NULL THEN w.held_until END, settled_at = w.disabled_at
      FROM waiting AS w WHERE d.id = w.id)
    UPDATE deliveries AS d SET
      state = CASE WHEN d.again THEN 'pending' WHEN r.delivered THEN 'delivered' WHEN r.gone THEN 'disabled'
        WHEN r.delay IS NULL THEN 'failed' ELSE 'pending' END,
      due_at = CASE WHEN d.again THEN now() WHEN r.delivered OR r.gone THEN NULL
        ELSE now() + make_interval(secs => r.delay) END,
      settled_at = CASE WHEN d.again OR NOT (r.delivered OR r.gone OR r.delay IS NULL) THEN NULL ELSE now() END,
      attempts = CASE WHEN d.again THEN 0 ELSE d.attempts - r.untried END, again = false,
      tries = (d.tries - -1) || ((d.tries -> -1) || r.try)
    FROM r WHERE d.id = r.id
    RETURNING d.id
""")


def settled(delivery_id: UUID, fence: int, reply: Reply, verdict: Verdict, *, untried: bool = False) -> dict[str, Any]:
    """A row for `settle`. `untried` gives the try back: it counts for nothing."""
    return {
        "id": delivery_id,
        "fence": fence,
        **verdict._asdict(),
        "untried": 1 if untried else 0,
        "try": {
            "seconds": round(reply.seconds, 3),
            "status": reply.status,
            "error": reply.error,
            "answer": reply.answer or None,
        },
    }


async def settle(engine: AsyncEngine, rows: Rows) -> set[UUID]:
    """Write down what came of tries (rows of `settled`); the ids of those that were still the caller's."""
    return {row.id for row in await fetch(engine, _SETTLE, rows=as_json(rows))}
