SELECT COUNT(*) FROM job_queue
WHERE status = 'processing'
  AND updated_at < now() - interval '15 minutes';
