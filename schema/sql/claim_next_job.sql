-- The old guide's function: the best queued job, for a worker that is not Darkroom's own. It has the job for a quarter of
-- an hour, by the same rules as every claim (attempt, fence, timeline). While it does, the row stands with the provider
-- `external`: no lane counts it and nobody buys for it; when the lease has ended, the sweep takes it back.
-- What is known to be bought at a provider is never handed out, nor what a user's cap keeps waiting.
CREATE OR REPLACE FUNCTION claim_next_job()
RETURNS TABLE (id uuid, job_type text, payload jsonb, attempt_number integer, max_attempts integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path TO public, pg_temp AS $$
#variable_conflict use_column
DECLARE
  said text := coalesce(current_setting('darkroom.app', true), '');
  best uuid;
  g image_generations%ROWTYPE;
BEGIN
  -- The head of every line, best first. Each is tried alone: two workers never wait for each other.
  FOR best IN
    SELECT head.id FROM (SELECT DISTINCT provider, model_id FROM lanes) AS l CROSS JOIN LATERAL (
      SELECT one.id, one.priority, one.turn FROM image_generations AS one
      WHERE one.status = 'queued' AND one.admitted AND one.provider = l.provider AND one.lane = l.model_id
        AND one.replicate_prediction_id IS NULL AND one.prediction IS NULL
        AND (one.deadline IS NULL OR one.deadline > now())
      ORDER BY one.priority DESC, one.turn, one.id LIMIT 64) AS head
    ORDER BY head.priority DESC, head.turn, head.id
  LOOP
    SELECT * INTO g FROM image_generations AS one
    WHERE one.id = best AND one.status = 'queued' AND one.admitted AND one.replicate_prediction_id IS NULL
    FOR UPDATE SKIP LOCKED;
    CONTINUE WHEN NOT FOUND;
    CONTINUE WHEN g.user_cap IS NOT NULL AND darkroom_within_caps(ARRAY[best]) = '{}';
    PERFORM set_config('darkroom.app', 'on', true);
    -- Whoever buys it, a budget has to pay for it.
    IF darkroom_under_budget(ARRAY[best]) THEN
      SELECT * INTO g FROM darkroom_refuse_unpayable(g.provider, ARRAY[best]);
      IF FOUND THEN
        PERFORM set_config('darkroom.app', said, true);
        PERFORM darkroom_tell(g.id, g.version, g.user_id, g.batch_id);
        CONTINUE;
      END IF;
    END IF;
    UPDATE image_generations AS one SET
      status = 'processing', version = one.version + 1, updated_at = now(), changed = pg_current_xact_id(),
      changes = one.changes || pg_current_xact_id(),
      timeline = one.timeline || jsonb_build_object('v', one.version + 1, 'status', 'processing', 'at', now(),
        'attempt', one.attempt_number + 1, 'provider', 'external'),
      attempt_number = one.attempt_number + 1, attempt_at = clock_timestamp(), fence = one.fence + 1, progress = NULL,
      error_message = NULL, due_at = clock_timestamp() + interval '15 minutes',
      outside_of = one.provider, provider = 'external'
    WHERE one.id = best RETURNING one.* INTO g;
    PERFORM set_config('darkroom.app', said, true);
    PERFORM darkroom_tell(g.id, g.version, g.user_id, g.batch_id);
    RETURN QUERY SELECT j.id, j.job_type, j.payload, j.attempt_number, j.max_attempts FROM (
      SELECT g.id, coalesce(g.job_type, 'generate-image'), darkroom_job_payload(g),
        CAST(g.attempt_number - g.attempts_before AS integer), CAST(g.max_attempts AS integer))
      AS j(id, job_type, payload, attempt_number, max_attempts);
    RETURN;
  END LOOP;
END
$$;
