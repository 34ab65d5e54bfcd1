-- What has been processing for more than a quarter of an hour without a step; the longest first.
CREATE OR REPLACE VIEW stuck_jobs AS
SELECT id, job_type, payload, attempt_number, max_attempts, created_at, updated_at
FROM job_queue WHERE status = 'processing' AND updated_at < now() - interval '15 minutes' ORDER BY updated_at
