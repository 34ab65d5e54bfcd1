-- The first of a row's routes whose provider is open and has not refused the row; NULL when there is none.
CREATE OR REPLACE FUNCTION darkroom_open_route(routes jsonb, refused_by text[], of_model text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT r.route->>'provider'
  FROM jsonb_array_elements(routes) WITH ORDINALITY AS r(route, nth)
  JOIN lanes AS l ON l.provider = r.route->>'provider' AND l.model_id = ''
  WHERE NOT r.route->>'provider' = ANY (refused_by) AND NOT darkroom_lane_closed(l)
    AND NOT EXISTS (SELECT FROM lanes AS m WHERE m.provider = l.provider AND m.model_id = of_model AND m.paused)
  ORDER BY r.nth LIMIT 1
$$;
