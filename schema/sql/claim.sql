-- The claim: the best queued rows of a lane become processing, never more than its cap; see pipeline/claim.py.
-- A function, because it takes two statements and an idle claim should cost one round trip: the count must stand in a
-- later statement than the lock, since a statement's snapshot is taken before it waits for the lock. In one statement
-- two claimers would count the same free slots (a cap of 10 let 30 through, measured).
CREATE OR REPLACE FUNCTION darkroom_claim(lane text, most integer, lease double precision)
RETURNS SETOF image_generations LANGUAGE plpgsql AS $$
DECLARE
  held lanes%ROWTYPE;
  room integer := most;
  bucket double precision;
  claimed bigint;
BEGIN
  SELECT * INTO held FROM lanes WHERE provider = lane FOR UPDATE;
  -- The transaction's now() may be older than the lock: only the clock itself tells whether the breaker is still open.
  IF NOT FOUND OR held.paused OR held.open_until > clock_timestamp() THEN
    RETURN;
  END IF;
  IF held.failures >= 5 THEN
    -- The breaker is half open: one goes ahead and tries whether the provider is back.
    room := 1;
  END IF;
  IF held.creates_per_minute IS NOT NULL THEN
    -- A tenth of the rate may go at once and the rest flows in, so no minute ever sees more than the rate.
    bucket := least(greatest(1, held.creates_per_minute / 10.0), held.tokens
      + extract(epoch FROM clock_timestamp() - held.tokens_at) * held.creates_per_minute * 0.9 / 60);
    room := least(room, floor(bucket)::integer);
  END IF;
  RETURN QUERY
    WITH next AS MATERIALIZED (
      SELECT id FROM image_generations
      WHERE status = 'queued' AND provider = lane AND (deadline IS NULL OR deadline > now())
      ORDER BY priority DESC, turn, id
      LIMIT least(room, greatest(0, held.cap - (
        SELECT count(*) FROM image_generations
        WHERE status = 'processing' AND provider = lane AND due_at IS NOT NULL)))
      FOR UPDATE SKIP LOCKED)
    UPDATE image_generations AS g SET
      status = 'processing', version = g.version + 1, updated_at = now(), changed = pg_current_xact_id(),
      changes = g.changes || pg_current_xact_id(), timeline = g.timeline || jsonb_build_object('v', g.version + 1, 'status', 'processing', 'at', now(),
        'attempt', g.attempt_number + 1),
      attempt_number = g.attempt_number + 1, attempt_at = now(), fence = g.fence + 1, progress = NULL,
      error_message = NULL,
      -- A row that still knows a prediction (it was reset by hand, or failed with its outputs unstored) buys nothing:
      -- that one is looked at first, by whoever finds the row due.
      due_at = CASE WHEN g.replicate_prediction_id IS NULL THEN now() + make_interval(secs => lease) ELSE now() END
    FROM next WHERE g.id = next.id
    RETURNING g.*;
  GET DIAGNOSTICS claimed = ROW_COUNT;
  IF bucket IS NOT NULL OR (held.failures >= 5 AND claimed > 0) THEN
    UPDATE lanes SET
      tokens = coalesce(bucket - claimed, tokens), tokens_at = clock_timestamp(),
      open_until = CASE WHEN held.failures >= 5 AND claimed > 0 THEN clock_timestamp() + interval '5 seconds'
                   ELSE open_until END
    WHERE provider = lane;
  END IF;
END
$$;
