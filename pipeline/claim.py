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
      (SELECT failures > 0 OR trouble IS NOT NULL OR allowance IS NOT NULL FROM lanes
       WHERE lanes.provider = g.provider AND lanes.model_id = '') AS lane_in_trouble
    FROM darkroom_hold_lanes(CAST(:providers AS text[]), CAST(:most AS integer[])) AS held
    CROSS JOIN LATERAL darkroom_claim(held.of_provider, held.most, :lease) AS g
""")

# The try is counted here and not when it fails, so that a picture which kills its worker comes to an end.
# This commit need not wait for the disk: should Postgres crash in the next moment and forget the lease, the row is due
# as before, and two who download the same outputs put the same bytes under the same keys, and one completes it.
# Outputs that nobody had asked for are not read: there may be any number, and each may be a picture in itself (a data:
# address). What an external worker brings has been counted already. Rows whose outputs are together more than a worker
# may hold now stay due, but for the first.
_CLAIM_DOWNLOADS = statement(f"""
    WITH unhurried AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
    due AS MATERIALIZED (
      SELECT id, due_at, jsonb_array_length(whole) AS outputs,
        CASE WHEN outside_of IS NULL AND jsonb_array_length(whole) > num_outputs
          THEN jsonb_path_query_array(whole, '$[0 to $last]', jsonb_build_object('last', num_outputs - 1))
          ELSE whole END AS output
      FROM image_generations
      CROSS JOIN LATERAL (
        SELECT CASE jsonb_typeof(output) WHEN 'array' THEN output END AS whole
        FROM (SELECT prediction->'output' AS output OFFSET 0) AS named OFFSET 0) AS read_once
      WHERE status = 'downloading' AND due_at <= now()
        AND NOT coalesce(user_id, '') = ANY (CAST(:besides AS text[]))
      ORDER BY due_at LIMIT :most FOR UPDATE OF image_generations SKIP LOCKED),
    fit AS (
      SELECT * FROM (
        SELECT id, outputs, output, count(*) OVER () AS due,
          sum(pg_column_size(output)) OVER (ORDER BY due_at, id) - pg_column_size(output) AS bytes_before
        FROM due) AS summed
      WHERE bytes_before IS NULL OR bytes_before < :most_bytes)
    UPDATE image_generations AS g SET
      fence = g.fence + 1, retry_count = g.retry_count + 1, due_at = now() + make_interval(secs => :lease)
    FROM fit, unhurried WHERE g.id = fit.id
    RETURNING {MOVED}, g.fence, g.retry_count, {ATTEMPTS}, g.max_attempts, g.replicate_prediction_id,
      fit.output, fit.outputs, fit.due, g.num_outputs, g.webhook_url, g.outside_of IS NOT NULL AS from_outside,
      g.provider, g.provider_model, g.model_id
""")


async def claim_queued(engine: AsyncEngine, most: Mapping[str, int], lease: float) -> Sequence[Row[Any]]:
    """Claim up to so many queued rows of each provider, best first, within its lanes' caps and rates.

    `lease` is in seconds. The attempts are committed when this returns, before anybody calls a provider. Rows that no
    budget has money for come too: they have failed.
    """
    return await fetch(engine, _CLAIM, providers=list(most), most=list(most.values()), lease=lease)


async def claim_downloads(
    engine: AsyncEngine, most: int, lease: float, *, most_bytes: int = 2**31, besides: Sequence[str] = ()
) -> Sequence[Row[Any]]:
    """Claim up to `most` rows whose outputs wait to be stored, or whose last downloader's lease has ended.

    Nothing is claimed of the users `besides` ("" for rows without an owner).

    Some outputs come in their own addresses: when those of the first rows have `most_bytes` already, the others wait.
    Each row's `due` says how many there were, at most `most`.
    """
    return await fetch(engine, _CLAIM_DOWNLOADS, most=most, lease=lease, most_bytes=most_bytes, besides=list(besides))
