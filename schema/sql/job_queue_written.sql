-- What the old guide writes to job_queue: jobs by hand, its resets, its cleanup. Everything else is refused by name:
-- a status that only the pipeline may write, written past it, would be a picture that nobody has.
CREATE OR REPLACE FUNCTION darkroom_job_queue_written() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path TO public, pg_temp AS $$
DECLARE
  said text := coalesce(current_setting('darkroom.app', true), '');
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> 'pending' OR NEW.attempt_number <> 0 OR NEW.result IS NOT NULL OR NEW.completed_at IS NOT NULL THEN
      RAISE EXCEPTION 'job_queue: a job begins pending, with attempt_number 0 and without a result'
        USING ERRCODE = 'invalid_parameter_value';
    ELSIF NEW.id IS NOT NULL THEN
      RAISE EXCEPTION 'job_queue.id: is given, not taken; leave it out' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    NEW.id := darkroom_enqueue(NEW.job_type, NEW.payload, coalesce(NEW.priority, 0), coalesce(NEW.max_attempts, 3));
    SELECT status, priority, attempt_number, max_attempts, created_at, updated_at
    INTO NEW.status, NEW.priority, NEW.attempt_number, NEW.max_attempts, NEW.created_at, NEW.updated_at
    FROM job_queue WHERE id = NEW.id;
    RETURN NEW;
  END IF;
  -- As in a table: whoever had to wait for the row looks again whether it is still what was asked for, or passes it by.
  PERFORM FROM image_generations WHERE id = OLD.id FOR UPDATE;
  IF NOT EXISTS (SELECT FROM job_queue WHERE id = OLD.id AND status = OLD.status) THEN
    RETURN NULL;
  END IF;
  PERFORM set_config('darkroom.app', 'on', true);
  IF TG_OP = 'DELETE' THEN
    UPDATE image_generations SET archived_at = now() WHERE id = OLD.id;
    PERFORM set_config('darkroom.app', said, true);
    RETURN OLD;
  END IF;
  IF (NEW.id, NEW.job_type, NEW.payload, NEW.created_at) IS DISTINCT FROM (OLD.id, OLD.job_type, OLD.payload, OLD.created_at) THEN
    RAISE EXCEPTION 'job_queue: id, job_type, payload and created_at stay as they are' USING ERRCODE = 'invalid_parameter_value';
  ELSIF NEW.status <> OLD.status AND NEW.status <> 'pending' THEN
    RAISE EXCEPTION 'job_queue.status: only pending may be written, not %; complete_job ends a job', quote_literal(NEW.status)
      USING ERRCODE = 'invalid_parameter_value';
  ELSIF NEW.attempt_number NOT IN (0, OLD.attempt_number) THEN
    RAISE EXCEPTION 'job_queue.attempt_number: only 0 may be written' USING ERRCODE = 'invalid_parameter_value';
  ELSIF NEW.result IS NOT NULL AND NEW.result IS DISTINCT FROM OLD.result THEN
    RAISE EXCEPTION 'job_queue.result: is read from the pictures; complete_job brings them' USING ERRCODE = 'invalid_parameter_value';
  ELSIF NEW.error_message IS NOT NULL AND NEW.error_message IS DISTINCT FROM OLD.error_message THEN
    RAISE EXCEPTION 'job_queue.error_message: only NULL may be written' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM darkroom_check_job('generate-image', '{}', NEW.priority, NEW.max_attempts);
  UPDATE image_generations SET priority = NEW.priority, max_attempts = NEW.max_attempts, updated_at = now(),
    changed = pg_current_xact_id(),
    attempts_before = CASE WHEN NEW.attempt_number <> OLD.attempt_number THEN attempt_number ELSE attempts_before END
  WHERE id = OLD.id AND (priority, max_attempts, 0) IS DISTINCT FROM
    (NEW.priority, CAST(NEW.max_attempts AS smallint), OLD.attempt_number - NEW.attempt_number);
  PERFORM set_config('darkroom.app', said, true);
  IF NEW.status <> OLD.status THEN
    PERFORM darkroom_reset_job(OLD.id);
  END IF;
  RETURN NEW;
END
$$;
