-- The claim: the best queued rows of a lane become processing, never more than its cap; see pipeline/claim.py.
-- A function, because it takes two statements and an idle claim should cost one round trip: the count must stand in a
-- later statement than the lock, since a statement's snapshot is taken before it waits for the lock. In one statement
-- two claimers would count the same free slots (a cap of 10 let 30 through, measured).
CREATE OR REPLACE FUNCTION darkroom_claim(lane text, most integer, lease double precision)
RETURNS SETOF image_generations LANGUAGE plpgsql AS $$
DECLARE
  held lanes%ROWTYPE;
BEGIN
  SELECT * INTO held FROM lanes WHERE provider = lane FOR UPDATE;
  IF NOT FOUND OR held.paused THEN
    RETURN;
  END IF;
  RETURN QUERY
    WITH next AS MATERIALIZED (
      SELECT id FROM image_generations
      WHERE status = 'queued' AND provider = lane
      ORDER BY priority DESC, created_at, id
      LIMIT least(most, greatest(0, held.cap - (
        SELECT count(*) FROM image_generations
        WHERE status = 'processing' AND provider = lane AND due_at IS NOT NULL)))
      FOR UPDATE SKIP LOCKED)
    UPDATE image_generations AS g SET
      status = 'processing', version = g.version + 1, updated_at = now(), changed = pg_current_xact_id(),
      timeline = g.timeline || jsonb_build_object('v', g.version + 1, 'status', 'processing', 'at', now(),
        'attempt', g.attempt_number + 1),
      attempt_number = g.attempt_number + 1, attempt_at = now(), fence = g.fence + 1,
      due_at = now() + make_interval(secs => lease),
      replicate_prediction_id = NULL, prediction = NULL, progress = NULL
    FROM next WHERE g.id = next.id
    RETURNING g.*;
END
$$;
