-- A job by SQL becomes a row: pending, due now, and without the provider's input, which the clock works out within a
-- second (pipeline/incomplete.py). One that names a generation takes that up: as it waits, or again when it has failed.
CREATE OR REPLACE FUNCTION darkroom_enqueue(of_type text, given jsonb, with_priority integer, attempts integer)
RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  said text := coalesce(current_setting('darkroom.app', true), '');
  found_row image_generations%ROWTYPE;
  made uuid;
BEGIN
  PERFORM darkroom_check_job(of_type, given, with_priority, attempts);
  IF given->>'generation_id' IS NOT NULL THEN
    RETURN darkroom_enqueue_again(of_type, given, with_priority, attempts);
  END IF;
  IF given->>'prompt' IS NULL THEN
    RAISE EXCEPTION 'payload.prompt: is missing; give it, or the generation_id of a generation that has one'
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- It writes its own timeline: nothing here is to be taken for a change by hand.
  PERFORM set_config('darkroom.app', 'on', true);
  INSERT INTO image_generations AS g (
    id, user_id, prompt, negative_prompt, model, model_id, model_version, style, width, height, steps, guidance_scale,
    seed, source_image_url, generation_strength, num_outputs, priority, max_attempts, webhook_url, metadata,
    job_type, payload, status, due_at, unmetered, version, timeline)
  SELECT gen_random_uuid(), p.user_id, p.prompt, p.negative_prompt, p.model_id, p.model_id, p.model_version, p.style,
    p.width, p.height, coalesce(p.num_inference_steps, p.steps), p.guidance_scale, p.seed, p.source_image_url,
    coalesce(p.strength, p.generation_strength), coalesce(p.num_outputs, 1), with_priority, attempts, p.webhook_url,
    p.metadata, of_type, given, 'pending', now(), darkroom_has_rate(coalesce(p.user_id, '')), 1,
    jsonb_build_array(jsonb_build_object('v', 1, 'status', 'pending', 'at', now(), 'attempt', 0))
  FROM jsonb_to_record('{"model_id": "black-forest-labs/flux-schnell"}'::jsonb || jsonb_strip_nulls(given)) AS p(
    user_id text, prompt text, negative_prompt text, model_id text, model_version text, style text, width integer,
    height integer, num_inference_steps integer, steps integer, guidance_scale double precision, seed bigint,
    source_image_url text, strength double precision, generation_strength double precision, num_outputs smallint,
    webhook_url text, metadata jsonb)
  RETURNING g.* INTO found_row;
  PERFORM set_config('darkroom.app', said, true);
  made := found_row.id;
  PERFORM darkroom_tell(made, 1, found_row.user_id, found_row.batch_id);
  RETURN made;
END
$$;
