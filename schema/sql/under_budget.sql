-- Whether any budget pays for one of these: everybody's, that for each, or their own.
CREATE OR REPLACE FUNCTION darkroom_under_budget(chosen uuid[]) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF EXISTS (SELECT FROM user_limits WHERE user_id IN ('+', '*') AND budget_usd IS NOT NULL) THEN
    RETURN true;
  END IF;
  RETURN EXISTS (
    SELECT FROM image_generations AS g WHERE g.id = ANY (chosen) AND coalesce(g.user_id, '') IN (
      SELECT l.user_id FROM user_limits AS l WHERE l.budget_usd IS NOT NULL
      UNION ALL
      SELECT '' FROM darkroom_limits_of('') AS a WHERE a.budget_usd IS NOT NULL));
END
$$;
