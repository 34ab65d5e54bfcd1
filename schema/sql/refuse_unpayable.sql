-- Fails those of the chosen that a budget has no money for, with what is in flight and what comes before them counted in.
CREATE OR REPLACE FUNCTION darkroom_refuse_unpayable(chosen uuid[])
RETURNS SETOF image_generations LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('darkroom: claims under a budget', 0));
  RETURN QUERY
    WITH flight AS MATERIALIZED (
      SELECT coalesce(user_id, '') AS who, sum(estimated_cost) AS usd FROM image_generations
      WHERE status = 'processing' AND due_at IS NOT NULL GROUP BY 1),
    wanted AS MATERIALIZED (
      SELECT g.id, coalesce(g.user_id, '') AS who, coalesce(g.estimated_cost, 0) AS usd, w.nth
      FROM unnest(chosen) WITH ORDINALITY AS w(id, nth) JOIN image_generations AS g ON g.id = w.id),
    left_over AS MATERIALIZED (
      SELECT w.id, w.who, w.usd,
        darkroom_budget_left(w.who) - coalesce((SELECT usd FROM flight WHERE flight.who = w.who), 0)
          - sum(w.usd) OVER (PARTITION BY w.who ORDER BY w.nth) AS of_user,
        darkroom_budget_left('+') - coalesce((SELECT sum(usd) FROM flight), 0)
          - sum(w.usd) OVER (ORDER BY w.nth) AS of_all
      FROM wanted AS w),
    -- What has no known price is bought as long as anything is left.
    refused AS MATERIALIZED (
      SELECT l.id, format('payment required: of the %s budget $%s are left, and this would cost about $%s',
        CASE WHEN l.of_user < 0 OR l.of_user + l.usd <= 0 THEN 'user''s' ELSE 'whole' END,
        round(greatest(0, l.usd + least(l.of_user, l.of_all)), 4), round(l.usd, 4)) AS why
      FROM left_over AS l
      WHERE l.of_user < 0 OR l.of_all < 0 OR l.of_user + l.usd <= 0 OR l.of_all + l.usd <= 0)
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
