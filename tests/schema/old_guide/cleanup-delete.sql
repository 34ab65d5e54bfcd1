-- Delete completed jobs older than 7 days
DELETE FROM job_queue
WHERE status = 'completed'
  AND completed_at < now() - interval '7 days';
