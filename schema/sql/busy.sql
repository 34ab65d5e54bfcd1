-- How many of a capped user's are in flight or next. VOLATILE: it has to see the rows that its own statement has changed.
CREATE OR REPLACE FUNCTION darkroom_busy(who text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  RETURN (
    SELECT count(*) FROM image_generations
    WHERE user_cap IS NOT NULL AND (status = 'processing' OR (status = 'queued' AND admitted))
      AND coalesce(user_id, '') = who);
END
$$;
