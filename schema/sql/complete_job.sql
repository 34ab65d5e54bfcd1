-- The old guide's function: an external worker brings the addresses of its pictures, which the pipeline then downloads
-- and stores; or an error, after which the job waits again while it has attempts left. Only of a job that such a worker
-- holds: the pipeline ends its own. `attempt_number` in p_result, as claim_next_job gave it, tells a worker that comes
-- after its lease from the one that has the job now.
CREATE OR REPLACE FUNCTION complete_job(p_job_id uuid, p_result jsonb DEFAULT NULL, p_error text DEFAULT NULL)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path TO public, pg_temp AS $$
DECLARE
  said text := coalesce(current_setting('darkroom.app', true), '');
  held image_generations%ROWTYPE;
  outputs jsonb;
  target text := 'downloading';
  seconds double precision;
BEGIN
  SELECT * INTO held FROM image_generations WHERE id = p_job_id FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'Job not found: %', p_job_id USING ERRCODE = 'no_data_found';
  END IF;
  IF p_error IS NULL THEN
    outputs := darkroom_job_outputs(p_result);
    -- Doubled: the answer to the first was lost.
    IF held.outside_of IS NOT NULL AND held.status IN ('downloading', 'completed') AND held.prediction->'output' = outputs THEN
      RETURN;
    END IF;
  END IF;
  IF held.outside_of IS NULL OR held.status <> 'processing' THEN
    RAISE EXCEPTION 'job %: is not held by an external worker (any more): it is %', p_job_id, held.status
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'claim_next_job hands jobs out, for 15 minutes.';
  ELSIF darkroom_whole(p_result->'attempt_number') <> held.attempt_number - held.attempts_before THEN
    RAISE EXCEPTION 'job %: attempt % is over; another worker has the job', p_job_id, p_result->'attempt_number'
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF p_error IS NOT NULL THEN
    target := CASE WHEN held.attempt_number - held.attempts_before < held.max_attempts THEN 'pending' ELSE 'failed' END;
  END IF;
  seconds := CASE WHEN jsonb_typeof(p_result->'generation_time_seconds') = 'number'
    THEN CAST(p_result->'generation_time_seconds' AS double precision)
    ELSE extract(epoch FROM clock_timestamp() - held.attempt_at) END;
  PERFORM set_config('darkroom.app', 'on', true);
  UPDATE image_generations AS g SET
    status = target, version = g.version + 1, updated_at = now(), changed = pg_current_xact_id(),
    changes = g.changes || pg_current_xact_id(), fence = g.fence + 1,
    timeline = g.timeline || jsonb_strip_nulls(jsonb_build_object('v', g.version + 1, 'status', target, 'at', now(),
      'attempt', g.attempt_number, 'why', left(p_error, 2000))),
    error_message = left(p_error, 2000),
    retry_count = CASE target WHEN 'pending' THEN g.retry_count + 1 ELSE 0 END,
    due_at = CASE target WHEN 'failed' THEN NULL ELSE now() END,
    completed_at = CASE target WHEN 'failed' THEN now() END,
    prediction = CASE target WHEN 'downloading'
      THEN jsonb_build_object('status', 'succeeded', 'output', outputs, 'seconds', seconds) END,
    generation_time_seconds = CASE target WHEN 'downloading' THEN seconds ELSE g.generation_time_seconds END
  WHERE g.id = p_job_id;
  PERFORM set_config('darkroom.app', said, true);
  PERFORM darkroom_tell(held.id, held.version + 1, held.user_id, held.batch_id);
END
$$;
