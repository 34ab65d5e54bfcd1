SELECT
  COUNT(*) FILTER (WHERE status = 'failed') * 100.0 / COUNT(*) as error_rate
FROM job_queue
WHERE created_at > now() - interval '1 hour';
