-- How many of a capped user's are in flight or next. VOLATILE: it has to see the rows that its own statement has changed.
-- What was called off while a provider that keeps no list was being asked runs on there (see sql/in_flight.sql): it keeps
-- its place until the answer is there, or whoever submits and cancels would have any number under way.
CREATE OR REPLACE FUNCTION darkroom_busy(who text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  called_off bigint;
BEGIN
  SELECT count(*) INTO called_off FROM image_generations
  WHERE status IN ('cancelled', 'failed') AND due_at IS NOT NULL AND asked_at IS NOT NULL AND prediction IS NULL
    AND user_cap IS NOT NULL AND coalesce(user_id, '') = who;
  RETURN called_off + (
    SELECT count(*) FROM image_generations
    WHERE user_cap IS NOT NULL AND (status = 'processing' OR (status = 'queued' AND admitted))
      AND coalesce(user_id, '') = who);
END
$$;
