-- The best rows, locked, that stand in closed lanes and whose first open route is this provider: at most `room`, and of each
-- model no more than a lane of its own has places here. Rows without another route are not even looked at; of the others the
-- first 250 of each lane, or a long line that leads past this provider would be read through at every claim.
CREATE OR REPLACE FUNCTION darkroom_stranded(of_provider text, room integer)
RETURNS TABLE (id uuid, priority integer, turn bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  budgets boolean := EXISTS (SELECT FROM user_limits WHERE budget_usd IS NOT NULL)
    OR EXISTS (SELECT FROM anonymous_limits WHERE budget_usd IS NOT NULL);
BEGIN
  RETURN QUERY
    WITH line AS MATERIALIZED (
      SELECT head.id FROM lanes AS l JOIN lanes AS p ON p.provider = l.provider AND p.model_id = ''
      CROSS JOIN LATERAL (
        SELECT g.id FROM image_generations AS g
        WHERE g.status = 'queued' AND g.admitted AND g.route IS NOT NULL AND g.replicate_prediction_id IS NULL
          AND g.provider = l.provider AND g.lane = l.model_id AND (g.deadline IS NULL OR g.deadline > now())
        ORDER BY g.priority DESC, g.turn, g.id LIMIT 250) AS head
      WHERE l.provider <> of_provider AND (darkroom_lane_closed(l) OR darkroom_lane_closed(p))),
    waiting AS MATERIALIZED (
      SELECT g.id, g.priority, g.turn, g.model_id FROM line JOIN image_generations AS g ON g.id = line.id
      WHERE g.status = 'queued' AND darkroom_open_route(g.route, g.refused_by, g.model_id) = of_provider
        -- What nobody knows the price of here, and a budget would have to pay, waits for its own lane.
        AND NOT (budgets AND (SELECT estimated_cost FROM darkroom_stop(g.id, of_provider)) IS NULL
          AND darkroom_under_budget(ARRAY[g.id]))
      ORDER BY g.priority DESC, g.turn, g.id LIMIT room FOR UPDATE OF g SKIP LOCKED),
    placed AS (
      SELECT w.*, row_number() OVER (PARTITION BY w.model_id ORDER BY w.priority DESC, w.turn, w.id) AS nth,
        (SELECT least(room, l.cap - darkroom_in_flight(l),
             floor(CASE WHEN l.creates_per_minute IS NULL THEN room ELSE darkroom_tokens(l) END)::integer)
         FROM lanes AS l WHERE l.provider = of_provider AND l.model_id = w.model_id) AS places
      FROM waiting AS w)
    SELECT p.id, p.priority, p.turn FROM placed AS p WHERE p.places IS NULL OR p.nth <= p.places;
END
$$;
