-- Whether a lane buys nothing for as long as nobody knows how long: it is paused, its breaker has opened and no purchase has
-- succeeded since, or its provider has lost its credentials. Rows with a route elsewhere go there meanwhile. A lane that is
-- only throttled or full is not closed: its line moves on.
CREATE OR REPLACE FUNCTION darkroom_lane_closed(l lanes) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT l.paused OR l.failures >= 5 OR NOT l.served
$$;
