-- Takes up to `wanted` tokens out of a user's rate; how many there were. All of them where there is no rate.
CREATE OR REPLACE FUNCTION darkroom_take_tokens(who text, wanted integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  rate integer;
  there double precision;
  taken integer;
BEGIN
  SELECT l.per_minute INTO rate FROM darkroom_limits_of(who) AS l;
  IF rate IS NULL THEN
    RETURN wanted;
  END IF;
  INSERT INTO meters (user_id, tokens, tokens_at) VALUES (who, rate, clock_timestamp()) ON CONFLICT DO NOTHING;
  PERFORM FROM meters AS m WHERE m.user_id = who FOR UPDATE;
  SELECT least(rate, m.tokens + extract(epoch FROM clock_timestamp() - m.tokens_at) * rate / 60)
  INTO there FROM meters AS m WHERE m.user_id = who;
  taken := least(wanted, greatest(0, floor(there)::integer));
  UPDATE meters SET tokens = there - taken, tokens_at = clock_timestamp() WHERE user_id = who;
  RETURN taken;
END
$$;
