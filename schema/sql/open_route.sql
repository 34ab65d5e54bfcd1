-- The first provider on a row's way that is open and has not refused the row; NULL when there is none.
CREATE OR REPLACE FUNCTION darkroom_open_route(route text[], refused_by text[], of_model text)
RETURNS text LANGUAGE sql STABLE AS $$
  SELECT r.provider
  FROM unnest(route) WITH ORDINALITY AS r(provider, nth)
  JOIN lanes AS l ON l.provider = r.provider AND l.model_id = ''
  WHERE NOT r.provider = ANY (refused_by) AND NOT darkroom_lane_closed(l)
    AND NOT EXISTS (SELECT FROM lanes AS m WHERE m.provider = l.provider AND m.model_id = of_model AND m.paused)
  ORDER BY r.nth LIMIT 1
$$;
