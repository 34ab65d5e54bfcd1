-- Those of the chosen that their users' caps allow. Mostly all: what is beyond a cap is parked. But two submissions of
-- one user that commit together do not see each other, and may both find the last place free.
CREATE OR REPLACE FUNCTION darkroom_within_caps(chosen uuid[]) RETURNS uuid[] LANGUAGE plpgsql AS $$
BEGIN
  -- A user's rows at two providers are claimed under two locks; this one is for all.
  PERFORM pg_advisory_xact_lock(hashtextextended('darkroom: claims of capped users', 0));
  RETURN ARRAY(
    SELECT c.id FROM (
      SELECT g.id, g.user_cap, row_number() OVER (PARTITION BY coalesce(g.user_id, '')
          ORDER BY g.priority DESC, g.turn, g.id) AS nth,
        -- By the index of what is busy: the status of its own would be looked for among everybody's.
        (SELECT count(*) FILTER (WHERE b.status = 'processing') FROM image_generations AS b
         WHERE b.user_cap IS NOT NULL AND (b.status = 'processing' OR (b.status = 'queued' AND b.admitted))
           AND coalesce(b.user_id, '') = coalesce(g.user_id, ''))
        -- And what was called off, and runs on at its provider: see sql/busy.sql.
        + (SELECT count(*) FROM image_generations AS b
         WHERE b.status IN ('cancelled', 'failed') AND b.due_at IS NOT NULL AND b.asked_at IS NOT NULL
           AND b.prediction IS NULL AND b.user_cap IS NOT NULL
           AND coalesce(b.user_id, '') = coalesce(g.user_id, '')) AS busy
      FROM image_generations AS g WHERE g.id = ANY (chosen)) AS c
    WHERE c.user_cap IS NULL OR c.busy + c.nth <= c.user_cap);
END
$$;
