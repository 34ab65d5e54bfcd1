CREATE INDEX IF NOT EXISTS idx_job_queue_type
  ON job_queue(job_type, status);
