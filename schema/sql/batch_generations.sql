-- Batches as the old apps know them. Nothing of it is kept: counts and status come from the batch's generations.
-- Whole numbers are read as sql/whole.sql does: whoever reads a view needs the right to call its functions.
CREATE OR REPLACE VIEW batch_generations AS
SELECT b.id, b.user_id, b.name, CAST(b.total AS integer) AS total_count,
  CAST(g.completed AS integer) AS completed_count, CAST(g.failed AS integer) AS failed_count,
  CASE WHEN g.unfinished > 0 AND g.begun = 0 THEN 'pending' WHEN g.unfinished > 0 THEN 'processing'
    WHEN g.failed = 0 THEN 'completed' WHEN g.completed = 0 THEN 'failed' ELSE 'partial' END AS status,
  b.created_at, CASE WHEN g.unfinished = 0 THEN g.ended_at END AS completed_at,
  b.settings->>'model_id' AS model_id, b.settings->>'model_version' AS model_version,
  CASE WHEN b.settings->>'width' ~ '^\d{1,9}$' THEN CAST(b.settings->>'width' AS integer) END AS width,
  CASE WHEN b.settings->>'height' ~ '^\d{1,9}$' THEN CAST(b.settings->>'height' AS integer) END AS height,
  CASE WHEN g.steps ~ '^\d{1,9}$' THEN CAST(g.steps AS integer) END AS steps,
  CASE WHEN jsonb_typeof(b.settings->'guidance_scale') = 'number'
    THEN CAST(b.settings->'guidance_scale' AS double precision) END AS guidance_scale
FROM batches AS b CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE status = 'completed') AS completed,
    count(*) FILTER (WHERE status IN ('failed', 'cancelled')) AS failed,
    count(*) FILTER (WHERE status IN ('pending', 'queued', 'processing', 'downloading')) AS unfinished,
    count(*) FILTER (WHERE status NOT IN ('pending', 'queued')) AS begun,
    max(completed_at) AS ended_at, coalesce(b.settings->'num_inference_steps', b.settings->'steps') #>> '{}' AS steps
  FROM image_generations WHERE batch_id = b.id AND batch_id IS NOT NULL) AS g
