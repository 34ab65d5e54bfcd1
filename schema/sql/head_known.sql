-- Before which turn nobody stands in a line, as far as is known.
CREATE OR REPLACE FUNCTION darkroom_head_known(of_provider text, of_lane text, of_priority integer)
RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT CAST(l.heads->>CAST(of_priority AS text) AS bigint) FROM lanes AS l
    WHERE l.provider = of_provider AND l.model_id = of_lane), -9223372036854775808)
$$;
