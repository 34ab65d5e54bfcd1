-- The limits of `who`: a user's own, else those for each (`*`); none for a user without. `+` is all users together.
-- The anonymous key, whose user is empty, stands in every app: without limits of its own it has the release's defaults, and
-- where there are limits for each, the tighter one of both.
CREATE OR REPLACE FUNCTION darkroom_limits_of(who text) RETURNS SETOF user_limits LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF who <> '' THEN
    RETURN QUERY
      SELECT * FROM user_limits AS l WHERE l.user_id = who OR (l.user_id = '*' AND who <> '+')
      ORDER BY l.user_id = '*' LIMIT 1;
    RETURN;
  END IF;
  RETURN QUERY SELECT * FROM user_limits AS l WHERE l.user_id = '';
  IF FOUND THEN
    RETURN;
  END IF;
  RETURN QUERY
    SELECT '', least(a.in_flight, e.in_flight), least(a.per_minute, e.per_minute),
      CASE WHEN b.by_default THEN a.budget_usd ELSE e.budget_usd END,
      CASE WHEN b.by_default THEN a.budget_period ELSE coalesce(e.budget_period, a.budget_period) END,
      coalesce(e.updated_at, a.updated_at)
    FROM (SELECT 1) AS one LEFT JOIN anonymous_limits AS a ON true LEFT JOIN user_limits AS e ON e.user_id = '*'
    -- Of two budgets the one with less a day.
    CROSS JOIN LATERAL (SELECT a.budget_usd IS NOT NULL AND (e.budget_usd IS NULL
      OR a.budget_usd / CASE a.budget_period WHEN 'day' THEN 1 ELSE 30 END
        < e.budget_usd / CASE e.budget_period WHEN 'day' THEN 1 ELSE 30 END) AS by_default) AS b
    WHERE a.single OR e.user_id IS NOT NULL;
END
$$;
