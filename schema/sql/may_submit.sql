-- Whether `who` may submit `number` generations that would cost about `usd`: by their budget, everybody's, and their rate,
-- of which it takes them. NULL in `short_of` means yes; else `user`, `all` or `rate`, and what is left of that.
CREATE OR REPLACE FUNCTION darkroom_may_submit(
  who text, number integer, usd numeric,
  OUT short_of text, OUT limited_to numeric, OUT period text, OUT left_over numeric, OUT wait double precision)
LANGUAGE plpgsql AS $$
DECLARE
  own user_limits%ROWTYPE;
BEGIN
  SELECT budget_usd, budget_period, darkroom_budget_left('+') INTO limited_to, period, left_over
  FROM user_limits WHERE user_id = '+';
  IF left_over < usd OR left_over <= 0 THEN
    short_of := 'all';
    RETURN;
  END IF;
  SELECT * INTO own FROM user_limits WHERE user_id IN (who, '*') ORDER BY user_id = '*' LIMIT 1;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  limited_to := own.budget_usd;
  period := own.budget_period;
  left_over := darkroom_budget_left(who);
  IF left_over < usd OR left_over <= 0 THEN
    short_of := 'user';
    RETURN;
  END IF;
  IF own.per_minute IS NULL OR number = 0 THEN
    RETURN;
  END IF;
  -- A minute's worth may come at once; after that they flow in.
  INSERT INTO meters AS m (user_id, tokens, tokens_at) SELECT who, own.per_minute - number, clock_timestamp()
  WHERE number <= own.per_minute
  ON CONFLICT (user_id) DO UPDATE SET tokens_at = clock_timestamp(), tokens = least(own.per_minute,
    m.tokens + extract(epoch FROM clock_timestamp() - m.tokens_at) * own.per_minute / 60) - number
  WHERE least(own.per_minute, m.tokens + extract(epoch FROM clock_timestamp() - m.tokens_at) * own.per_minute / 60)
    >= number;
  IF NOT FOUND THEN
    short_of := 'rate';
    limited_to := own.per_minute;
    SELECT least(own.per_minute, tokens + extract(epoch FROM clock_timestamp() - tokens_at) * own.per_minute / 60)
    INTO left_over FROM meters WHERE user_id = who;
    -- NULL: so many will never do.
    wait := CASE WHEN number <= own.per_minute THEN (number - left_over) * 60 / own.per_minute END;
  END IF;
END
$$;
