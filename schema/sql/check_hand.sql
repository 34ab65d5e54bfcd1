-- Refuses what somebody writes by hand and what no reader could take: one such row would be in everybody's way. What is
-- merely wrong is not refused here: the clock fails that row, and says why. `before` is the row that is changed, all NULL
-- for a new one: what was there before there were limits is in the way of no other change.
CREATE OR REPLACE FUNCTION darkroom_check_hand(given image_generations, before image_generations) RETURNS void LANGUAGE plpgsql STABLE AS $$
DECLARE
  broken text;
BEGIN
  SELECT name INTO broken FROM (VALUES
    ('created_at', given.created_at), ('updated_at', given.updated_at), ('completed_at', given.completed_at),
    ('attempt_at', given.attempt_at), ('due_at', given.due_at), ('deadline', given.deadline),
    ('archived_at', given.archived_at), ('asked_at', given.asked_at)) AS moment(name, at)
  WHERE NOT (at >= timestamptz '0001-01-01 00:00:00+00' AND at < timestamptz '10000-01-01 00:00:00+00') LIMIT 1;
  IF broken IS NOT NULL THEN
    RAISE EXCEPTION '%: must lie in the years 1 to 9999, in UTC', broken USING ERRCODE = 'datetime_field_overflow';
  END IF;
  -- Nothing that the next step would carry past its type, in a statement about many rows.
  SELECT name || format(': must be %s to %s', least, most) INTO broken FROM (VALUES
    ('version', given.version::numeric, 0::numeric, 1000000000::numeric), ('retry_count', given.retry_count, 0, 1000000000),
    ('attempt_number', given.attempt_number, 0, 30000), ('attempts_before', given.attempts_before, 0, 30000),
    ('possible_double_charge', given.possible_double_charge, 0, 30000), ('fence', given.fence, 0, 2::numeric ^ 62),
    ('turn', given.turn, -(2::numeric ^ 62), 2::numeric ^ 62),
    ('cost', given.cost, -1000000000, 1000000000), ('estimated_cost', given.estimated_cost, -1000000000, 1000000000))
    AS number(name, value, least, most)
  WHERE NOT value BETWEEN least AND most LIMIT 1;
  IF broken IS NOT NULL THEN
    RAISE EXCEPTION '%', broken USING ERRCODE = 'numeric_value_out_of_range';
  END IF;
  SELECT name || ': must be a JSON ' || wanted INTO broken FROM (VALUES
    ('metadata', given.metadata, before.metadata, 'object'), ('payload', given.payload, before.payload, 'object'),
    ('input', given.input, before.input, 'object'), ('price', given.price, before.price, 'object'),
    ('prediction', given.prediction, before.prediction, 'object'),
    ('prediction.output', given.prediction->'output', before.prediction->'output', 'array'),
    ('timeline', given.timeline, before.timeline, 'array')) AS document(name, value, was, wanted)
  WHERE jsonb_typeof(value) <> wanted AND value IS DISTINCT FROM was LIMIT 1;
  IF broken IS NOT NULL THEN
    RAISE EXCEPTION '%', broken USING ERRCODE = 'invalid_parameter_value';
  ELSIF char_length(given.user_id) > 255 THEN
    RAISE EXCEPTION 'user_id: must be at most 255 characters' USING ERRCODE = 'invalid_parameter_value';
  ELSIF array_position(given.past_predictions, NULL) IS NOT NULL THEN
    -- With one the row would take no prediction any more.
    RAISE EXCEPTION 'past_predictions: must not contain NULL' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  -- What a purchase is booked by: in its owner's spending and in everybody's.
  SELECT 'price.' || left(one.key, 40) INTO broken
  FROM jsonb_each(CASE WHEN given.price IS DISTINCT FROM before.price THEN given.price END) AS one(key, value)
  WHERE CASE WHEN jsonb_typeof(one.value) <> 'number' THEN true ELSE NOT CAST(one.value AS numeric) BETWEEN 0 AND 1000000 END
  LIMIT 1;
  IF broken IS NOT NULL THEN
    RAISE EXCEPTION '%: must be a number of 0 to 1000000', broken USING ERRCODE = 'numeric_value_out_of_range';
  END IF;
  PERFORM darkroom_check_document(name, value, bytes, levels) FROM (VALUES
    ('metadata', given.metadata, before.metadata, 262144, 32), ('payload', given.payload, before.payload, 262144, 33),
    ('input', given.input, before.input, 262144, 33), ('price', given.price, before.price, 4096, 2),
    ('prediction', given.prediction, before.prediction, 16777216, 33)) AS document(name, value, was, bytes, levels)
  WHERE value IS DISTINCT FROM was AND value IS NOT NULL;
END
$$;
