-- Fails those of the chosen that a budget has no money for, with what is in flight and what comes before them counted in.
CREATE OR REPLACE FUNCTION darkroom_refuse_unpayable(of_provider text, chosen uuid[])
RETURNS SETOF image_generations LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('darkroom: claims under a budget', 0));
  RETURN QUERY
    -- What has ended is booked already, though its row has not moved on yet. What was called off is in flight until its
    -- provider has stopped: some finish it all the same, and bill it.
    WITH flight AS MATERIALIZED (
      SELECT f.who, sum(f.usd) AS usd FROM (
        SELECT coalesce(user_id, '') AS who, estimated_cost AS usd FROM image_generations
        WHERE status = 'processing' AND due_at IS NOT NULL AND prediction IS NULL
        UNION ALL
        SELECT coalesce(user_id, ''), estimated_cost FROM image_generations
        WHERE status IN ('cancelled', 'failed') AND due_at IS NOT NULL AND prediction IS NULL) AS f
      GROUP BY 1),
    -- What has no known price is nothing that a budget could pay.
    wanted AS MATERIALIZED (
      -- At the price of where it would be bought.
      SELECT g.id, coalesce(g.user_id, '') AS who, w.nth, p.usd IS NULL AS unpriced, coalesce(p.usd, 0) AS usd
      FROM unnest(chosen) WITH ORDINALITY AS w(id, nth) JOIN image_generations AS g ON g.id = w.id
      CROSS JOIN LATERAL (SELECT CASE WHEN g.provider = of_provider THEN g.estimated_cost
        ELSE (SELECT estimated_cost FROM darkroom_stop(g.id, of_provider)) END AS usd) AS p),
    left_over AS MATERIALIZED (
      SELECT w.id, w.who, w.usd, w.unpriced,
        darkroom_budget_left(w.who) - coalesce((SELECT usd FROM flight WHERE flight.who = w.who), 0)
          - sum(w.usd) OVER (PARTITION BY w.who ORDER BY w.nth) AS of_user,
        darkroom_budget_left('+') - coalesce((SELECT sum(usd) FROM flight), 0)
          - sum(w.usd) OVER (ORDER BY w.nth) AS of_all
      FROM wanted AS w),
    refused AS MATERIALIZED (
      SELECT l.id, CASE WHEN l.unpriced THEN darkroom_why_unpriced(l.id, of_provider) ELSE
        format('payment required: the %s budget of $%s a %s has not the $%s left that this would cost',
          CASE l.who WHEN '+' THEN 'server''s' ELSE 'user''s' END, round(u.budget_usd, 2), u.budget_period,
          round(l.usd, 4)) END AS why
      FROM (
        SELECT id, usd, unpriced,
          CASE WHEN of_user < 0 OR of_user + usd <= 0 OR (unpriced AND of_user IS NOT NULL) THEN who ELSE '+' END AS who
        FROM left_over
        WHERE of_user < 0 OR of_all < 0 OR of_user + usd <= 0 OR of_all + usd <= 0
          OR (unpriced AND (of_user IS NOT NULL OR of_all IS NOT NULL))) AS l
      CROSS JOIN LATERAL darkroom_limits_of(l.who) AS u)
    UPDATE image_generations AS g SET
      status = 'failed', version = g.version + 1, updated_at = now(), changed = pg_current_xact_id(),
      changes = g.changes || pg_current_xact_id(),
      timeline = g.timeline || jsonb_build_object('v', g.version + 1, 'status', 'failed', 'at', now(),
        'attempt', g.attempt_number, 'why', refused.why),
      error_message = refused.why, completed_at = now(), due_at = NULL, fence = g.fence + 1
    FROM refused WHERE g.id = refused.id
    RETURNING g.*;
END
$$;
