-- `chosen` of a lane's own line, and what stands in closed lanes and can be bought here: priority comes first, inside one
-- they take turns. Of a model with a lane of its own here, the tokens are taken.
CREATE OR REPLACE FUNCTION darkroom_with_stranded(of_provider text, chosen uuid[], room integer)
RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
  best uuid[];
BEGIN
  SELECT coalesce(array_agg(both_.id), '{}') INTO best FROM (
    SELECT one.id FROM (
      SELECT c.id, g.priority, row_number() OVER (PARTITION BY g.priority ORDER BY c.nth) AS nth, 0 AS from_elsewhere
      FROM unnest(chosen) WITH ORDINALITY AS c(id, nth) JOIN image_generations AS g ON g.id = c.id
      UNION ALL
      SELECT s.id, s.priority, row_number() OVER (PARTITION BY s.priority ORDER BY s.turn, s.id), 1
      FROM darkroom_stranded(of_provider, room) AS s) AS one
    ORDER BY one.priority DESC, one.nth, one.from_elsewhere LIMIT room) AS both_;
  UPDATE lanes AS l SET tokens_at = clock_timestamp(), tokens = darkroom_tokens(l) - taken.number
  FROM (SELECT g.model_id, count(*) AS number FROM image_generations AS g
        WHERE g.id = ANY (best) AND g.provider <> of_provider GROUP BY 1) AS taken
  WHERE l.provider = of_provider AND l.model_id = taken.model_id AND l.creates_per_minute IS NOT NULL;
  RETURN best;
END
$$;
