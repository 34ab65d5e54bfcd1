-- The old guide's 5.1: its columns and types, so that its own statement may replace this one.
CREATE OR REPLACE VIEW queue_health AS
SELECT
  count(*) FILTER (WHERE status IN ('pending', 'queued')) AS pending_jobs,
  count(*) FILTER (WHERE status IN ('processing', 'downloading')) AS processing_jobs,
  count(*) FILTER (WHERE status = 'completed' AND completed_at > now() - interval '1 hour') AS completed_last_hour,
  count(*) FILTER (WHERE status IN ('failed', 'cancelled') AND updated_at > now() - interval '1 hour') AS failed_last_hour,
  avg(extract(epoch FROM completed_at - created_at))
    FILTER (WHERE status = 'completed' AND completed_at > now() - interval '1 hour') AS avg_processing_time_seconds
FROM image_generations WHERE archived_at IS NULL
