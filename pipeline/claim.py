"""Claim: the best queued rows become processing, never more than the lane's cap. Also the claims of the later stages.

Every claim raises the fence and sets a lease (`due_at`): whoever comes too late writes to no row.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.moves import MOVED
from pipeline.statements import fetch, statement
from pipeline.transitions import move
from schema.statuses import Status

_LOCK_LANE = statement("SELECT cap, paused FROM lanes WHERE provider = :provider FOR UPDATE")

# The count must stand in a later statement than the lock: a statement's snapshot is taken before it waits for the
# lock, so in one statement two claimers would count the same free slots (a cap of 10 let 30 through, measured).
_CLAIM = statement(f"""
    WITH next AS MATERIALIZED (
      SELECT id FROM image_generations
      WHERE status = 'queued' AND provider = :provider
      ORDER BY priority DESC, created_at, id
      LIMIT least(:most, greatest(0, :cap - (
        SELECT count(*) FROM image_generations
        WHERE status = 'processing' AND provider = :provider AND due_at IS NOT NULL)))
      FOR UPDATE SKIP LOCKED)
    UPDATE image_generations AS g SET
      {move(Status.QUEUED, Status.PROCESSING, attempt="g.attempt_number + 1")},
      attempt_number = g.attempt_number + 1, attempt_at = now(), fence = g.fence + 1,
      due_at = now() + make_interval(secs => :lease),
      replicate_prediction_id = NULL, prediction = NULL, progress = NULL
    FROM next WHERE g.id = next.id
    RETURNING {MOVED}, g.fence, g.attempt_number, g.retry_count, g.model_id, g.model_version, g.input
""")

# This commit need not wait for the disk: should Postgres crash in the next moment and forget the lease, the row is due
# as before, and two who download the same outputs put the same bytes under the same keys, and one completes it.
_CLAIM_DOWNLOADS = statement(f"""
    WITH unhurried AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
    due AS MATERIALIZED (
      SELECT id FROM image_generations
      WHERE status = 'downloading' AND due_at <= now()
      ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED)
    UPDATE image_generations AS g SET fence = g.fence + 1, due_at = now() + make_interval(secs => :lease)
    FROM due, unhurried WHERE g.id = due.id
    RETURNING {MOVED}, g.fence, g.retry_count, g.prediction->'output' AS output
""")


async def claim_queued(engine: AsyncEngine, provider: str, most: int, lease: float) -> Sequence[Row[Any]]:
    """Claim up to `most` queued rows of a lane, best first, within its cap; `lease` in seconds.

    The attempt is committed when this returns, before anybody calls the provider.
    """
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="READ COMMITTED")
        async with connection.begin():
            lane = (await connection.execute(_LOCK_LANE, {"provider": provider})).one_or_none()
            if lane is None or lane.paused:
                return []
            claimed = await connection.execute(
                _CLAIM, {"provider": provider, "most": most, "cap": lane.cap, "lease": lease}
            )
            return claimed.all()


async def claim_downloads(engine: AsyncEngine, most: int, lease: float) -> Sequence[Row[Any]]:
    """Claim up to `most` rows whose outputs wait to be stored, or whose last downloader's lease has ended."""
    return await fetch(engine, _CLAIM_DOWNLOADS, most=most, lease=lease)
