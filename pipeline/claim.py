"""Claim: the best queued rows become processing, never more than the lane's cap. Also the claims of the later stages.

Every claim raises the fence and sets a lease (`due_at`): whoever comes too late writes to no row.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from pipeline.moves import ATTEMPTS, MOVED
from pipeline.statements import fetch, statement

# One round trip and one commit; the statements inside, and why they are several, stand in schema/sql/claim.sql.
_CLAIM = statement(f"""
    SELECT {MOVED}, g.status, g.fence, g.attempt_number, g.attempt_at, g.retry_count, g.model_id, g.model_version,
      g.input, g.source_image_url, g.replicate_prediction_id, g.provider, g.provider_model, g.route, g.refused_by,
      (SELECT failures > 0 OR trouble IS NOT NULL FROM lanes
       WHERE lanes.provider = g.provider AND lanes.model_id = '') AS lane_in_trouble
    FROM darkroom_hold_lanes(CAST(:providers AS text[]), CAST(:most AS integer[])) AS held
    CROSS JOIN LATERAL darkroom_claim(held.of_provider, held.most, :lease) AS g
""")

# The try is counted here and not when it fails, so that a picture which kills its worker comes to an end.
# This commit need not wait for the disk: should Postgres crash in the next moment and forget the lease, the row is due
# as before, and two who download the same outputs put the same bytes under the same keys, and one completes it.
# Outputs that nobody had asked for are not read: there may be any number, and each may be a picture in itself. What an
# external worker brings has been counted already.
_CLAIM_DOWNLOADS = statement(f"""
    WITH unhurried AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
    due AS MATERIALIZED (
      SELECT id, prediction->'output' AS output FROM image_generations
      WHERE status = 'downloading' AND due_at <= now()
      ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED)
    UPDATE image_generations AS g SET
      fence = g.fence + 1, retry_count = g.retry_count + 1, due_at = now() + make_interval(secs => :lease)
    FROM due, unhurried WHERE g.id = due.id
    RETURNING {MOVED}, g.fence, g.retry_count, {ATTEMPTS}, g.max_attempts, g.replicate_prediction_id,
      CASE WHEN g.outside_of IS NULL AND jsonb_array_length(due.output) > g.num_outputs
        THEN jsonb_path_query_array(due.output, '$[0 to $last]', jsonb_build_object('last', g.num_outputs - 1))
        ELSE due.output END AS output,
      jsonb_array_length(due.output) AS outputs, g.num_outputs, g.webhook_url, g.outside_of IS NOT NULL AS from_outside,
      g.provider, g.provider_model, g.model_id
""")


async def claim_queued(engine: AsyncEngine, most: Mapping[str, int], lease: float) -> Sequence[Row[Any]]:
    """Claim up to so many queued rows of each provider, best first, within its lanes' caps and rates.

    `lease` is in seconds. The attempts are committed when this returns, before anybody calls a provider. Rows that no
    budget has money for come too: they have failed.
    """
    return await fetch(engine, _CLAIM, providers=list(most), most=list(most.values()), lease=lease)


async def claim_downloads(engine: AsyncEngine, most: int, lease: float) -> Sequence[Row[Any]]:
    """Claim up to `most` rows whose outputs wait to be stored, or whose last downloader's lease has ended."""
    return await fetch(engine, _CLAIM_DOWNLOADS, most=most, lease=lease)
