-- The next rows of a provider some of whose models have lanes of their own. Priority comes first; inside one the lanes
-- take turns, and inside each lane its users: turns of different lanes tell nothing about each other.
CREATE OR REPLACE FUNCTION darkroom_best_of_lanes(of_provider text, room integer)
RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
  chosen uuid[];
BEGIN
  WITH open_lanes AS MATERIALIZED (
    SELECT l AS held, l.model_id, l.claimed_at,
      CASE WHEN l.model_id = '' THEN room
      ELSE least(room, floor(CASE WHEN l.creates_per_minute IS NULL THEN room ELSE darkroom_tokens(l) END)::integer,
        l.cap - darkroom_in_flight(l))
      END AS places
    FROM lanes AS l WHERE l.provider = of_provider AND NOT l.paused),
  heads AS MATERIALIZED (
    SELECT line.id, line.priority, o.model_id, o.claimed_at,
      row_number() OVER (PARTITION BY o.model_id ORDER BY line.priority DESC, line.turn, line.id) AS nth
    FROM open_lanes AS o CROSS JOIN LATERAL (
      SELECT * FROM darkroom_line(o.held, greatest(0, o.places))) AS line),
  best AS MATERIALIZED (
    SELECT id, model_id FROM heads ORDER BY priority DESC, nth, claimed_at, model_id LIMIT room),
  served AS (
    UPDATE lanes AS l SET claimed_at = clock_timestamp(), tokens_at = clock_timestamp(),
      tokens = CASE WHEN l.model_id = '' OR l.creates_per_minute IS NULL THEN l.tokens
               ELSE darkroom_tokens(l) - (SELECT count(*) FROM best WHERE best.model_id = l.model_id) END
    WHERE l.provider = of_provider AND l.model_id IN (SELECT model_id FROM best))
  SELECT array_agg(id) INTO chosen FROM best;
  RETURN coalesce(chosen, '{}');
END
$$;
