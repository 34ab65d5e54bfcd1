-- How many a lane with a rate may buy now: a tenth of the rate may go at once and the rest flows in, so no minute ever
-- sees more than the rate.
CREATE OR REPLACE FUNCTION darkroom_tokens(held lanes) RETURNS double precision LANGUAGE sql VOLATILE AS $$
  SELECT least(greatest(1, held.creates_per_minute / 10.0), held.tokens
    + extract(epoch FROM clock_timestamp() - held.tokens_at) * held.creates_per_minute * 0.9 / 60)
$$;
