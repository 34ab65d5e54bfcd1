-- What has failed, or was called off, within a day; the newest first.
CREATE OR REPLACE VIEW failed_jobs_recent AS
SELECT id, job_type, payload, error_message, attempt_number, max_attempts, created_at, updated_at, completed_at
FROM job_queue WHERE status = 'failed' AND updated_at > now() - interval '24 hours' ORDER BY updated_at DESC
