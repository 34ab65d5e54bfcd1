-- A job for a generation that is there already. Whatever is under way goes on as it is: one generation has one job.
CREATE OR REPLACE FUNCTION darkroom_enqueue_again(of_type text, given jsonb, with_priority integer, attempts integer)
RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  wanted uuid := CAST(given->>'generation_id' AS uuid);
  said text := coalesce(current_setting('darkroom.app', true), '');
  held image_generations%ROWTYPE;
BEGIN
  SELECT * INTO held FROM image_generations WHERE id = wanted FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'payload.generation_id: there is no generation %', wanted USING ERRCODE = 'no_data_found';
  ELSIF held.status = 'completed' THEN
    RAISE EXCEPTION 'payload.generation_id: generation % is completed already', wanted
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  PERFORM set_config('darkroom.app', 'on', true);
  UPDATE image_generations SET job_type = of_type, payload = given, archived_at = NULL,
    priority = CASE WHEN held.status = 'pending' OR held.status IN ('failed', 'cancelled') THEN with_priority ELSE priority END,
    max_attempts = CASE WHEN held.status IN ('processing', 'downloading') THEN max_attempts ELSE attempts END
  WHERE id = wanted;
  PERFORM set_config('darkroom.app', said, true);
  IF held.status IN ('failed', 'cancelled') THEN
    PERFORM darkroom_reset_job(wanted);
  END IF;
  RETURN wanted;
END
$$;
