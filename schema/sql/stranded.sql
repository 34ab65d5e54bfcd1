-- The best rows, locked, that stand in closed lanes and whose first open route is this provider: at most `room`, and of each
-- model no more than a lane of its own has places here. Rows without another route are not even looked at.
CREATE OR REPLACE FUNCTION darkroom_stranded(of_provider text, room integer)
RETURNS TABLE (id uuid, priority integer, turn bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    WITH waiting AS MATERIALIZED (
      SELECT g.id, g.priority, g.turn, g.model_id FROM image_generations AS g
      WHERE g.status = 'queued' AND g.admitted AND g.routes IS NOT NULL AND g.replicate_prediction_id IS NULL
        AND g.provider <> of_provider AND (g.deadline IS NULL OR g.deadline > now())
        AND EXISTS (SELECT FROM lanes AS l WHERE l.provider = g.provider AND l.model_id IN ('', g.lane)
          AND darkroom_lane_closed(l))
        AND darkroom_open_route(g.routes, g.refused_by, g.model_id) = of_provider
      ORDER BY g.priority DESC, g.turn, g.id LIMIT room FOR UPDATE SKIP LOCKED),
    placed AS (
      SELECT w.*, row_number() OVER (PARTITION BY w.model_id ORDER BY w.priority DESC, w.turn, w.id) AS nth,
        (SELECT least(room, l.cap - darkroom_in_flight(l),
             floor(CASE WHEN l.creates_per_minute IS NULL THEN room ELSE darkroom_tokens(l) END)::integer)
         FROM lanes AS l WHERE l.provider = of_provider AND l.model_id = w.model_id) AS places
      FROM waiting AS w)
    SELECT p.id, p.priority, p.turn FROM placed AS p WHERE p.places IS NULL OR p.nth <= p.places;
END
$$;
