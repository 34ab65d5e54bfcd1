-- A JSON value as an integer, or NULL when it is none: a batch's settings are kept as they were asked for.
CREATE OR REPLACE FUNCTION darkroom_whole(value jsonb) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN value #>> '{}' ~ '^\d{1,9}$' THEN CAST(value #>> '{}' AS integer) END
$$;
