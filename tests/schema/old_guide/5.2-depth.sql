SELECT COUNT(*) FROM job_queue WHERE status = 'pending';
