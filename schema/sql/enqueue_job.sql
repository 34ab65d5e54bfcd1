-- The old guide's function, by its signature.
CREATE OR REPLACE FUNCTION enqueue_job(
  p_job_type text, p_payload jsonb, p_priority integer DEFAULT 0, p_max_attempts integer DEFAULT 3)
RETURNS uuid LANGUAGE sql SECURITY DEFINER SET search_path TO public, pg_temp AS $$
  SELECT darkroom_enqueue(p_job_type, p_payload, p_priority, p_max_attempts)
$$;
