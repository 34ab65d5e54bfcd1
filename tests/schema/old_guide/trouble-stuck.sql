SELECT id, job_type, attempt_number, updated_at
FROM job_queue
WHERE status = 'processing'
  AND updated_at < now() - interval '15 minutes';
