-- The old guide's reset by hand: pending again, with all its attempts before it. Through the rules: what is completed
-- stays, what the provider may still be at work on waits for its end, and what is known to be bought is read, not bought
-- again. A failed one goes back into the line, as the door's retry does; where its user has a rate, as soon as that allows.
CREATE OR REPLACE FUNCTION darkroom_reset_job(wanted uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  said text := coalesce(current_setting('darkroom.app', true), '');
  held image_generations%ROWTYPE;
BEGIN
  SELECT * INTO held FROM image_generations WHERE id = wanted FOR UPDATE;
  IF held.status = 'completed' THEN
    RAISE EXCEPTION 'job %: is completed; enqueue another one', wanted USING ERRCODE = 'object_not_in_prerequisite_state';
  ELSIF held.status IN ('failed', 'cancelled') AND held.due_at IS NOT NULL THEN
    RAISE EXCEPTION 'job %: the provider may still be at work on it; try again in a while', wanted
      USING ERRCODE = 'object_not_in_prerequisite_state';
  ELSIF held.attempt_number >= 1000 THEN
    RAISE EXCEPTION 'job %: has had 1000 attempts', wanted USING ERRCODE = 'object_not_in_prerequisite_state';
  ELSIF held.deadline <= now() THEN
    RAISE EXCEPTION 'job %: its deadline has passed', wanted USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  PERFORM set_config('darkroom.app', 'on', true);
  PERFORM darkroom_reprice(ARRAY[wanted]);
  -- A hand's change, whoever asks: the trigger gives it version, timeline, clock and fence, and pushes.
  PERFORM set_config('darkroom.app', '', true);
  UPDATE image_generations SET
    status = CASE WHEN held.status IN ('failed', 'cancelled', 'queued') THEN 'queued' ELSE 'pending' END,
    attempts_before = attempt_number, retry_count = 0, error_message = NULL, progress = NULL, archived_at = NULL
  WHERE id = wanted;
  PERFORM set_config('darkroom.app', said, true);
END
$$;
