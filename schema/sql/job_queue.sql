-- The old guide's table: its columns, by its names, in its order, of its types. One row for each generation whose job is
-- not archived. A branch for each status, each with the old status as a constant: asking for one of those reads the
-- branches that can have it and no others, by their indexes.
-- The payload is that of sql/job_payload.sql, spelled out: whoever reads a view needs the right to call its functions.
CREATE OR REPLACE VIEW job_queue AS
SELECT (j.g).id AS id, coalesce((j.g).job_type, 'generate-image') AS job_type,
  coalesce((j.g).payload, '{}'::jsonb) || jsonb_strip_nulls(jsonb_build_object(
    'generation_id', (j.g).id, 'user_id', (j.g).user_id, 'batch_id', (j.g).batch_id, 'prompt', (j.g).prompt,
    'negative_prompt', (j.g).negative_prompt, 'model_id', (j.g).model_id, 'model_version', (j.g).model_version,
    'width', (j.g).width, 'height', (j.g).height, 'num_inference_steps', (j.g).steps,
    'guidance_scale', (j.g).guidance_scale, 'seed', (j.g).seed, 'source_image_url', (j.g).source_image_url,
    'strength', (j.g).generation_strength, 'style', (j.g).style, 'num_outputs', (j.g).num_outputs)) AS payload,
  j.status, (j.g).priority AS priority,
  CAST((j.g).attempt_number - (j.g).attempts_before AS integer) AS attempt_number,
  CAST((j.g).max_attempts AS integer) AS max_attempts,
  CASE WHEN j.status = 'completed' THEN (
    SELECT jsonb_build_object('output_url', (array_agg(i.public_url ORDER BY i.idx))[1],
      'outputs', jsonb_agg(i.public_url ORDER BY i.idx), 'generation_time_seconds', (j.g).generation_time_seconds)
    FROM images AS i WHERE i.generation_id = (j.g).id) END AS result,
  CASE WHEN (j.g).status = 'cancelled' THEN 'Cancelled by user' ELSE (j.g).error_message END AS error_message,
  (j.g).created_at AS created_at, (j.g).updated_at AS updated_at, (j.g).completed_at AS completed_at
FROM (
  SELECT 'pending' AS status, g FROM image_generations AS g WHERE g.status = 'pending' AND g.due_at IS NOT NULL
  UNION ALL
  SELECT 'pending', g FROM image_generations AS g WHERE g.status = 'queued'
  UNION ALL
  SELECT 'processing', g FROM image_generations AS g WHERE g.status = 'processing'
  UNION ALL
  SELECT 'processing', g FROM image_generations AS g WHERE g.status = 'downloading' AND g.due_at IS NOT NULL
  UNION ALL
  SELECT 'completed', g FROM image_generations AS g WHERE g.status = 'completed'
  UNION ALL
  SELECT 'failed', g FROM image_generations AS g WHERE g.status IN ('failed', 'cancelled')) AS j
WHERE (j.g).archived_at IS NULL
