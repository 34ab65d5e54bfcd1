-- The addresses of the pictures in what an external worker brings. Raises when there are none, or they are no addresses.
CREATE OR REPLACE FUNCTION darkroom_job_outputs(result jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  found_urls jsonb := CASE
    WHEN jsonb_typeof(result->'outputs') = 'array' THEN result->'outputs'
    WHEN jsonb_typeof(result->'output_url') = 'string' THEN jsonb_build_array(result->'output_url') END;
BEGIN
  IF found_urls IS NULL OR jsonb_array_length(found_urls) NOT BETWEEN 1 AND 4 THEN
    RAISE EXCEPTION 'p_result: must name the picture, {"output_url": "https://…"}, or 1 to 4 of them in "outputs"; %',
      'or give p_error' USING ERRCODE = 'invalid_parameter_value';
  ELSIF EXISTS (SELECT FROM jsonb_array_elements(found_urls) AS u(url) WHERE jsonb_typeof(u.url) <> 'string'
      OR char_length(u.url #>> '{}') > 2000 OR NOT u.url #>> '{}' ~ '^[Hh][Tt][Tt][Pp][Ss]?://[^\s/]+') THEN
    RAISE EXCEPTION 'p_result: every output must be an http or https address of at most 2000 characters'
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN found_urls;
END
$$;
