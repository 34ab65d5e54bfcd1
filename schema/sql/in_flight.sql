-- How many predictions of a lane are in flight; of a whole provider by its own row. From the oldest that was in flight when
-- the heads were found (sql/find_heads.sql) on: what was in flight before that has left dead entries only. Rows that a
-- person moved by hand may have no moment.
CREATE OR REPLACE FUNCTION darkroom_in_flight(held lanes) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
  RETURN CAST(
    (SELECT count(*) FROM image_generations AS g
     WHERE g.status = 'processing' AND g.provider = held.provider AND g.attempt_at >= held.oldest_at
       AND (held.model_id = '' OR g.lane = held.model_id))
    + (SELECT count(*) FROM image_generations AS g
       WHERE g.status = 'processing' AND g.provider = held.provider AND g.attempt_at IS NULL
         AND (held.model_id = '' OR g.lane = held.model_id)) AS integer);
END
$$;
