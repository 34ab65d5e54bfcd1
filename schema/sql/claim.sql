-- The claim: the best queued rows of a provider become processing, never more than its cap; see pipeline/claim.py.
-- A function, because it takes several statements and an idle claim should cost one round trip: what is counted must be
-- counted in a later statement than the lock, since a statement's snapshot is taken before it waits for the lock. In one
-- statement two claimers would count the same free slots (a cap of 10 let 30 through, measured).
-- Rows beyond a budget come back too: failed.
CREATE OR REPLACE FUNCTION darkroom_claim(of_provider text, most integer, lease double precision)
RETURNS SETOF image_generations LANGUAGE plpgsql AS $$
DECLARE
  held lanes%ROWTYPE;
  room integer;
  bucket double precision;
  chosen uuid[];
  begun timestamptz;
  trying boolean;
BEGIN
  SELECT * INTO held FROM lanes WHERE provider = of_provider AND model_id = '' FOR UPDATE;
  -- The transaction's now() may be older than the lock: only the clock itself tells whether the breaker is still open.
  IF NOT FOUND OR held.paused OR held.open_until > clock_timestamp() THEN
    RETURN;
  END IF;
  -- Nothing has stood in line here since the heads were found, and nothing does: most providers, most of the time. A line
  -- that is in use is not looked for so: what a dump holds open would be walked through.
  IF NOT EXISTS (
      SELECT FROM lanes AS l WHERE (l.provider = of_provider AND l.heads <> '{}') OR darkroom_lane_closed(l))
    AND NOT EXISTS (
      SELECT FROM image_generations AS g WHERE g.status = 'queued' AND g.admitted AND g.provider = of_provider) THEN
    RETURN;
  END IF;
  IF held.heads_at < clock_timestamp() - interval '1 second' THEN
    PERFORM darkroom_find_heads(of_provider);
    SELECT * INTO held FROM lanes WHERE provider = of_provider AND model_id = '';
  END IF;
  -- Under the lock, so none that begins later has an earlier moment: what is in flight is counted from the oldest on.
  begun := clock_timestamp();
  room := least(most, greatest(0, held.cap - darkroom_in_flight(held)));
  IF held.failures >= 5 THEN
    -- The breaker is half open: one goes ahead and tries whether the provider is back.
    room := least(room, 1);
  ELSIF held.allowance IS NOT NULL THEN
    -- The provider has asked for patience: one goes first, and each time that such a few are taken twice as many go
    -- (pipeline/purchase.py). All at once would be refused again: 1,604 purchases for 41 pictures, measured.
    room := least(room, held.allowance);
  END IF;
  IF held.creates_per_minute IS NOT NULL THEN
    bucket := darkroom_tokens(held);
    room := least(room, floor(bucket)::integer);
  END IF;
  IF room <= 0 THEN
    RETURN;
  END IF;

  IF EXISTS (SELECT FROM lanes WHERE provider = of_provider AND model_id <> '') THEN
    chosen := darkroom_best_of_lanes(of_provider, room);
  ELSE
    chosen := ARRAY(SELECT id FROM darkroom_line(held, room));
  END IF;
  -- What stands in closed lanes and can be bought here has its turn here. It changes lanes only as it is claimed: once its own
  -- is open again, the rest of that line is bought there.
  IF EXISTS (SELECT FROM lanes AS l WHERE darkroom_lane_closed(l)) THEN
    chosen := darkroom_with_stranded(of_provider, chosen, room);
  END IF;
  -- By the rows: there are always limits, if only those of the anonymous key, and most rows have none.
  IF EXISTS (SELECT FROM image_generations AS g WHERE g.id = ANY (chosen) AND g.user_cap IS NOT NULL) THEN
    chosen := darkroom_within_caps(chosen);
  END IF;
  IF (EXISTS (SELECT FROM user_limits WHERE budget_usd IS NOT NULL)
      OR EXISTS (SELECT FROM anonymous_limits WHERE budget_usd IS NOT NULL)) AND darkroom_under_budget(chosen) THEN
    RETURN QUERY SELECT * FROM darkroom_refuse_unpayable(of_provider, chosen);
    chosen := ARRAY(
      SELECT c FROM unnest(chosen) AS c WHERE (SELECT g.status FROM image_generations AS g WHERE g.id = c) = 'queued');
  END IF;

  RETURN QUERY
    UPDATE image_generations AS g SET
      status = 'processing', version = g.version + 1, updated_at = now(), changed = pg_current_xact_id(),
      changes = g.changes || pg_current_xact_id(),
      timeline = g.timeline || jsonb_strip_nulls(jsonb_build_object('v', g.version + 1, 'status', 'processing', 'at', now(),
        'attempt', g.attempt_number + 1, 'provider', of_provider,
        'why', CASE WHEN g.provider <> of_provider THEN darkroom_why_elsewhere(g.provider) END)),
      provider = of_provider,
      -- Of the lane that it is bought in.
      lane = CASE WHEN g.provider = of_provider THEN g.lane ELSE coalesce(
        (SELECT l.model_id FROM lanes AS l WHERE l.provider = of_provider AND l.model_id = g.model_id), '') END,
      (provider_model, input, price, estimated_cost) = (
        SELECT CASE WHEN g.provider = of_provider THEN g.provider_model ELSE r.model END,
          CASE WHEN g.provider = of_provider THEN g.input ELSE r.input END,
          CASE WHEN g.provider = of_provider THEN g.price ELSE r.price END,
          CASE WHEN g.provider = of_provider THEN g.estimated_cost ELSE r.estimated_cost END
        FROM darkroom_stop(CASE WHEN g.provider <> of_provider THEN g.id END, of_provider) AS r),
      asked_at = NULL,
      attempt_number = g.attempt_number + 1, attempt_at = begun, fence = g.fence + 1, progress = NULL,
      error_message = NULL,
      -- A row that still knows a prediction (it was reset by hand, or failed with its outputs unstored) buys nothing:
      -- that one is looked at first, by whoever finds the row due.
      due_at = CASE WHEN g.replicate_prediction_id IS NULL THEN begun + make_interval(secs => lease) ELSE now() END
    -- By nothing but their ids, which are locked: a look at the status could be planned as a walk through the whole line.
    WHERE g.id = ANY (chosen)
    RETURNING g.*;
  -- Nobody follows those that try whether the provider is back, or takes so many, before it is heard what became of them.
  trying := cardinality(chosen) >= CASE WHEN held.failures >= 5 THEN 1 ELSE held.allowance END;
  IF bucket IS NOT NULL OR trying THEN
    UPDATE lanes SET
      tokens = coalesce(bucket - cardinality(chosen), tokens), tokens_at = clock_timestamp(),
      open_until = CASE WHEN trying THEN clock_timestamp() + interval '5 seconds' ELSE open_until END
    WHERE provider = of_provider AND model_id = '';
  END IF;
END
$$;
