-- What is left of a budget; NULL where there is none. `who` is a user (their own limits, else everybody's), or `+`.
CREATE OR REPLACE FUNCTION darkroom_budget_left(who text) RETURNS numeric LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (
    SELECT l.budget_usd - coalesce((SELECT sum(s.usd) FROM spending AS s
      WHERE s.user_id = who AND s.day >= date_trunc(l.budget_period, now() AT TIME ZONE 'UTC')::date), 0)
    FROM darkroom_limits_of(who) AS l);
END
$$;
