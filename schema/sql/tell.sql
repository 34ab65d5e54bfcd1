-- Tells the gateways that a row has moved. Inside the transaction: dear for the pipeline, free for a job enqueued by SQL.
CREATE OR REPLACE FUNCTION darkroom_tell(id uuid, version integer, user_id text, batch_id uuid) RETURNS void
LANGUAGE sql AS $$
  SELECT pg_notify('darkroom', json_build_array(json_build_array(id, version, user_id, batch_id))::text)
$$;
