-- The outbox: a generation that reaches a final status leaves an event in the same transaction, whoever moved it. Fires
-- when its whole statement is done, so the pictures that the statement brought are there.
-- The body is made here and never again: every try sends the same bytes, also when the generation has gone on or is gone.
CREATE OR REPLACE FUNCTION darkroom_write_event() RETURNS trigger LANGUAGE plpgsql SET timezone TO 'UTC' AS $$
DECLARE
  receiver bytea := sha256(convert_to(NEW.user_id || E'\n' || NEW.webhook_url, 'UTF8'));
  known webhook_endpoints%ROWTYPE;
  event text := 'generation.' || NEW.status;
  told jsonb;
  field text;
BEGIN
  told := jsonb_build_object(
    'id', NEW.id, 'user_id', NEW.user_id, 'batch_id', NEW.batch_id, 'batch_index', NEW.batch_index,
    'status', NEW.status, 'version', NEW.version, 'at', now(), 'why', NEW.timeline->-1->'why',
    'error_message', left(NEW.error_message, 2000), 'prompt', NEW.prompt, 'negative_prompt', NEW.negative_prompt,
    'model_id', NEW.model_id, 'model_version', NEW.model_version, 'style', NEW.style,
    'width', NEW.width, 'height', NEW.height, 'steps', NEW.steps, 'guidance_scale', NEW.guidance_scale,
    'seed', NEW.seed, 'source_image_url', NEW.source_image_url, 'generation_strength', NEW.generation_strength,
    'num_outputs', NEW.num_outputs, 'provider', NEW.provider, 'priority', NEW.priority,
    'generation_time_seconds', NEW.generation_time_seconds, 'attempt_number', NEW.attempt_number,
    'created_at', NEW.created_at, 'completed_at', NEW.completed_at,
    'estimated_cost', CAST(NEW.estimated_cost AS double precision), 'cost', CAST(NEW.cost AS double precision),
    'possible_double_charge', NEW.possible_double_charge, 'metadata', NEW.metadata,
    'images', coalesce((
      SELECT jsonb_agg(jsonb_build_object('id', i.id, 'idx', i.idx, 'url', i.public_url, 'width', i.width,
        'height', i.height, 'format', i.format, 'file_size', i.file_size) ORDER BY i.idx)
      FROM images AS i WHERE NEW.status = 'completed' AND i.generation_id = NEW.id), '[]'::jsonb),
    'left_out', '[]'::jsonb);
  -- Under 20 kB, as Standard Webhooks asks. What its owner has sent themselves goes first.
  FOREACH field IN ARRAY ARRAY['negative_prompt', 'prompt', 'source_image_url', 'metadata'] LOOP
    EXIT WHEN octet_length(told::text) <= 19500;
    told := told || jsonb_build_object(field, NULL, 'left_out', told->'left_out' || to_jsonb(field));
  END LOOP;
  SELECT * INTO known FROM webhook_endpoints AS e WHERE e.endpoint = receiver;
  INSERT INTO deliveries (id, user_id, generation_id, version, type, url, host, endpoint, payload, state, due_at, settled_at)
  VALUES (gen_random_uuid(), NEW.user_id, NEW.id, NEW.version, event, NEW.webhook_url,
    -- Cut, because an index takes no more, and a transition must not fail for what somebody's address looks like.
    coalesce(lower(left(substring(NEW.webhook_url from '^[A-Za-z]+://(\[[^]]*\]|[^/?#:]*)'), 255)), ''), receiver,
    json_build_object('type', event, 'timestamp', now(), 'data', told)::text,
    CASE WHEN known.disabled_at IS NULL THEN 'pending' ELSE 'disabled' END,
    CASE WHEN known.disabled_at IS NULL THEN greatest(now(), known.held_until) END,
    CASE WHEN known.disabled_at IS NOT NULL THEN now() END);
  RETURN NULL;
END
$$;
