-- Before which turn nobody stands in a line, as far as is known.
-- In plpgsql, as all that a claim or a turn asks for a table: a function in SQL is parsed and planned at every call (100 µs).
CREATE OR REPLACE FUNCTION darkroom_head_known(of_provider text, of_lane text, of_priority integer)
RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN coalesce((SELECT CAST(l.heads->>CAST(of_priority AS text) AS bigint) FROM lanes AS l
    WHERE l.provider = of_provider AND l.model_id = of_lane), -9223372036854775808);
END
$$;
