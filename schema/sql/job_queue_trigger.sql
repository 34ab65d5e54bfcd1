CREATE TRIGGER darkroom_job_queue INSTEAD OF INSERT OR UPDATE OR DELETE ON job_queue
  FOR EACH ROW EXECUTE FUNCTION darkroom_job_queue_written();
