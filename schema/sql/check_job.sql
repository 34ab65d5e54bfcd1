-- Refuses a job that Darkroom could not develop, naming the field and the limit. The limits are those of the HTTP door
-- (schema/wire/http.py; a test compares them); what is a model's own business is told when the job is read.
CREATE OR REPLACE FUNCTION darkroom_check_job(job_type text, payload jsonb, priority integer, max_attempts integer)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  field record;
  value jsonb;
  broken text;
BEGIN
  IF job_type IS NULL OR job_type NOT IN (
    'generate-image', 'generate_image', 'image-generation', 'image_generation', 'process-generation', 'process_generation') THEN
    RAISE EXCEPTION 'job_type: % is not known; there is generate-image', coalesce(quote_literal(job_type), 'NULL')
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF payload IS NULL OR jsonb_typeof(payload) <> 'object' THEN
    RAISE EXCEPTION 'payload: must be a JSON object' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- Its metadata is one level further in.
  PERFORM darkroom_check_document('payload', payload, 262144, 33);
  IF priority IS NULL OR priority NOT BETWEEN -100 AND 100 THEN
    RAISE EXCEPTION 'priority: must be -100 to 100' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF max_attempts IS NULL OR max_attempts NOT BETWEEN 1 AND 10 THEN
    RAISE EXCEPTION 'max_attempts: must be 1 to 10' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  FOR field IN SELECT * FROM (VALUES
    ('prompt', 'text', 1, 4000, '\S', 'not blank'),
    ('negative_prompt', 'text', 0, 4000, '', ''),
    ('model_id', 'text', 1, 265, '^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+(:[0-9a-f]{64})?$', 'owner/name or owner/name:version'),
    ('model_version', 'text', 64, 64, '^[0-9a-f]{64}$', '64 hexadecimal digits'),
    ('style', 'text', 0, 200, '', ''),
    ('user_id', 'text', 1, 255, '^(?![*+]$)', 'a user''s: * and + stand for users in limits'),
    ('generation_id', 'text', 36, 36, '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$', 'a UUID'),
    ('source_image_url', 'text', 1, 2000, '^[Hh][Tt][Tt][Pp][Ss]?://[^\s/]+', 'an http or https address'),
    ('webhook_url', 'text', 1, 2000, '^[Hh][Tt][Tt][Pp][Ss]?://[^\s/]+', 'an http or https address'),
    ('width', 'whole', 64, 4096, '', ''),
    ('height', 'whole', 64, 4096, '', ''),
    ('aspect_ratio', 'text', 1, 20, '^[1-9][0-9]{0,4}(\.[0-9]{1,3})?:[1-9][0-9]{0,4}(\.[0-9]{1,3})?$',
      'width to height, such as 16:9'),
    ('num_inference_steps', 'whole', 1, 500, '', ''),
    ('steps', 'whole', 1, 500, '', ''),
    ('seed', 'whole', 0, 9007199254740991, '', ''),
    ('num_outputs', 'whole', 1, 4, '', ''),
    ('guidance_scale', 'number', 0, 50, '', ''),
    ('strength', 'number', 0, 1, '', ''),
    ('generation_strength', 'number', 0, 1, '', ''),
    ('metadata', 'object', 0, 4096, '', '')
  ) AS known(name, kind, least, most, shape, means) LOOP
    value := payload->field.name;
    CONTINUE WHEN value IS NULL OR value = 'null'::jsonb;
    broken := CASE
      WHEN field.kind = 'text' AND jsonb_typeof(value) <> 'string' THEN 'must be a text'
      WHEN field.kind = 'text' AND char_length(value #>> '{}') NOT BETWEEN field.least AND field.most
        THEN format('must have %s to %s characters', field.least, field.most)
      WHEN field.kind = 'text' AND NOT value #>> '{}' ~ field.shape THEN 'must be ' || field.means
      WHEN field.kind IN ('whole', 'number') AND jsonb_typeof(value) <> 'number' THEN 'must be a number'
      WHEN field.kind = 'whole' AND CAST(value AS numeric) % 1 <> 0 THEN 'must be a whole number'
      WHEN field.kind IN ('whole', 'number') AND CAST(value AS numeric) NOT BETWEEN field.least AND field.most
        THEN format('must be %s to %s', field.least, field.most)
      WHEN field.kind = 'object' AND jsonb_typeof(value) <> 'object' THEN 'must be a JSON object'
      WHEN field.kind = 'object' AND octet_length(value::text) > field.most
        THEN format('must be at most %s bytes as JSON', field.most)
    END;
    IF broken IS NOT NULL THEN
      RAISE EXCEPTION 'payload.%: %', field.name, broken USING ERRCODE = 'invalid_parameter_value';
    END IF;
  END LOOP;
END
$$;
