-- How many predictions of a lane are in flight; of a whole provider by its own row. From the oldest that was in flight when
-- the heads were found (sql/find_heads.sql) on: what was in flight before that has left dead entries only. Rows that a
-- person moved by hand may have no moment. What was called off at a provider that keeps no list runs on there, in a call that a
-- worker holds: whoever submits and cancels could otherwise have any number of them under way.
CREATE OR REPLACE FUNCTION darkroom_in_flight(held lanes) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  called_off integer;
BEGIN
  SELECT count(*) INTO called_off FROM image_generations AS g
  WHERE g.status IN ('cancelled', 'failed') AND g.provider = held.provider AND g.due_at IS NOT NULL
    AND g.asked_at IS NOT NULL AND g.prediction IS NULL AND (held.model_id = '' OR g.lane = held.model_id);
  RETURN CAST(
    (SELECT count(*) FROM image_generations AS g
     WHERE g.status = 'processing' AND g.provider = held.provider AND g.attempt_at >= held.oldest_at
       AND (held.model_id = '' OR g.lane = held.model_id))
    + (SELECT count(*) FROM image_generations AS g
       WHERE g.status = 'processing' AND g.provider = held.provider AND g.attempt_at IS NULL
         AND (held.model_id = '' OR g.lane = held.model_id)) AS integer) + called_off;
END
$$;
