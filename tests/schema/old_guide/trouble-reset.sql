UPDATE job_queue
SET status = 'pending', attempt_number = 0
WHERE status = 'processing'
  AND updated_at < now() - interval '15 minutes';
