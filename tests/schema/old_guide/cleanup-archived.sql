DELETE FROM job_queue
WHERE id IN (SELECT id FROM job_queue_archive);
