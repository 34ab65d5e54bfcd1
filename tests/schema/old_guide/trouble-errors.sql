SELECT error_message, COUNT(*)
FROM job_queue
WHERE status = 'failed'
  AND created_at > now() - interval '24 hours'
GROUP BY error_message
ORDER BY count DESC;
