"""The queue at a glance: how many rows stand where, and what each lane has in flight."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.statements import fetch, statement

# Every count walks a partial or a small index: nothing here reads the finished millions.
_QUEUE = statement("""
    SELECT
      (SELECT count(*) FROM image_generations WHERE status = 'pending' AND due_at IS NOT NULL) AS pending,
      (SELECT count(*) FROM image_generations WHERE status = 'queued') AS queued,
      (SELECT count(*) FROM image_generations WHERE status = 'processing' AND due_at IS NOT NULL) AS processing,
      (SELECT count(*) FROM image_generations WHERE status = 'downloading' AND due_at IS NOT NULL) AS downloading,
      (SELECT jsonb_agg(jsonb_build_object('lane', provider || CASE model_id WHEN '' THEN '' ELSE ' ' || model_id END,
         'cap', cap, 'paused', paused, 'in_flight', (
           SELECT count(*) FROM image_generations AS g
           WHERE g.status = 'processing' AND g.provider = lanes.provider AND g.due_at IS NOT NULL
             AND (lanes.model_id = '' OR g.lane = lanes.model_id)),
         'state', CASE WHEN paused THEN 'paused' WHEN open_until > clock_timestamp() THEN 'open'
                  WHEN failures >= 5 THEN 'half open' ELSE 'closed' END,
         'trouble', trouble,
         'tries_again_at', CASE WHEN open_until > clock_timestamp() THEN open_until END,
         'creates_per_minute', creates_per_minute,
         'possible_double_charge', possible_double_charge) ORDER BY provider, model_id)
       FROM lanes) AS lanes
""")


async def read_queue(engine: AsyncEngine) -> dict[str, Any]:
    """Counts of the unfinished by status, and the lanes.

    A lane's `state` is its breaker's: closed, open (nothing is bought until `tries_again_at`, because of `trouble`),
    half open (one goes ahead and tries); or paused by hand.
    """
    (row,) = await fetch(engine, _QUEUE)
    counts = {name: getattr(row, name) for name in ("pending", "queued", "processing", "downloading")}
    return {"counts": counts, "lanes": row.lanes or []}
