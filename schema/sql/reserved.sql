-- What `who`, or all together for `+`, have been promised: the estimates of what waits in line or is in flight and is not
-- booked yet. What was called off stays promised until its provider has stopped: some finish it all the same, and bill it.
-- Of a line longer than 10,000 that many are counted: the claim counts again before anything is bought.
CREATE OR REPLACE FUNCTION darkroom_reserved(who text) RETURNS numeric LANGUAGE plpgsql STABLE AS $$
BEGIN
  -- Apart, so that a user's own are found by the index.
  IF who = '+' THEN
    RETURN (
      SELECT coalesce(sum(promised.usd), 0) FROM (
        (SELECT g.estimated_cost AS usd FROM image_generations AS g WHERE g.status = 'queued' LIMIT 10000)
        UNION ALL
        SELECT g.estimated_cost FROM image_generations AS g
        WHERE g.status = 'processing' AND g.due_at IS NOT NULL AND g.prediction IS NULL
        UNION ALL
        SELECT g.estimated_cost FROM image_generations AS g
        WHERE g.status IN ('cancelled', 'failed') AND g.due_at IS NOT NULL AND g.prediction IS NULL) AS promised);
  END IF;
  RETURN (
    SELECT coalesce(sum(promised.usd), 0) FROM (
      (SELECT g.estimated_cost AS usd FROM image_generations AS g
       WHERE g.status = 'queued' AND coalesce(g.user_id, '') = who LIMIT 10000)
      UNION ALL
      SELECT g.estimated_cost FROM image_generations AS g
      WHERE g.status = 'processing' AND g.due_at IS NOT NULL AND g.prediction IS NULL
        AND coalesce(g.user_id, '') = who
      UNION ALL
      SELECT g.estimated_cost FROM image_generations AS g
      WHERE g.status IN ('cancelled', 'failed') AND g.due_at IS NOT NULL AND g.prediction IS NULL
        AND coalesce(g.user_id, '') = who) AS promised);
END
$$;
