-- Whether `who` may submit `number` generations that would cost about `usd` (NULL: nobody knows what one of them costs): by
-- everybody's budget, their own, and their rate, of which it takes them. NULL in `short_of` means yes; else `all`, `user`,
-- `price` or `rate`, and what is left of that. Called in the statement that inserts them: whoever comes next waits at the
-- locks until that has committed, and counts it; if it fails, nothing was taken.
CREATE OR REPLACE FUNCTION darkroom_may_submit(
  who text, number integer, usd numeric,
  OUT short_of text, OUT limited_to numeric, OUT period text, OUT left_over numeric, OUT wait double precision)
LANGUAGE plpgsql AS $$
DECLARE
  payer text;
  own user_limits%ROWTYPE;
BEGIN
  -- In this order, always: no two wait for each other.
  FOREACH payer IN ARRAY ARRAY['+', who] LOOP
    SELECT * INTO own FROM darkroom_limits_of(payer);
    CONTINUE WHEN own.budget_usd IS NULL;
    limited_to := own.budget_usd;
    period := own.budget_period;
    IF usd IS NULL THEN
      short_of := 'price';
      RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('darkroom: submissions of ' || payer, 0));
    left_over := darkroom_budget_left(payer) - darkroom_reserved(payer);
    IF left_over < usd OR left_over <= 0 THEN
      short_of := CASE payer WHEN '+' THEN 'all' ELSE 'user' END;
      RETURN;
    END IF;
  END LOOP;
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
