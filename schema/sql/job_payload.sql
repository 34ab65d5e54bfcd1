-- A job's payload, by the old names: what it was enqueued with, and over it what its generation has.
CREATE OR REPLACE FUNCTION darkroom_job_payload(g image_generations) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT coalesce(g.payload, '{}'::jsonb) || jsonb_strip_nulls(jsonb_build_object(
    'generation_id', g.id, 'user_id', g.user_id, 'batch_id', g.batch_id, 'prompt', g.prompt,
    'negative_prompt', g.negative_prompt, 'model_id', g.model_id, 'model_version', g.model_version,
    'width', g.width, 'height', g.height, 'num_inference_steps', g.steps, 'guidance_scale', g.guidance_scale,
    'seed', g.seed, 'source_image_url', g.source_image_url, 'strength', g.generation_strength, 'style', g.style,
    'num_outputs', g.num_outputs))
$$;
