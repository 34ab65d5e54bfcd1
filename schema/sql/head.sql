-- The turn at which a line's head stands: where whoever has nothing in it joins. An empty line begins behind all that have
-- been: microseconds, since no line grows by more than a million turns a second.
CREATE OR REPLACE FUNCTION darkroom_head(of_provider text, of_lane text, of_priority integer)
RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  RETURN coalesce((
    SELECT g.turn FROM image_generations AS g
    WHERE g.status = 'queued' AND g.admitted AND g.provider = of_provider AND g.lane = of_lane
      AND g.priority = of_priority AND g.turn >= darkroom_head_known(of_provider, of_lane, of_priority)
    ORDER BY g.turn LIMIT 1), CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint));
END
$$;
