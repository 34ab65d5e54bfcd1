-- The receivers that something is due for: whose events to which host. It steps from one to the next along the index, so
-- what waits for one of them, however much, is not walked through.
CREATE OR REPLACE FUNCTION darkroom_due_receivers(OUT host text, OUT user_id text) RETURNS SETOF record
LANGUAGE sql STABLE AS $$
  WITH RECURSIVE receiver AS (
    (SELECT d.host, d.user_id, d.due_at FROM deliveries AS d WHERE d.due_at IS NOT NULL
     ORDER BY d.host, d.user_id, d.due_at LIMIT 1)
    UNION ALL
    SELECT following.host, following.user_id, following.due_at FROM receiver CROSS JOIN LATERAL (
      SELECT d.host, d.user_id, d.due_at FROM deliveries AS d
      WHERE d.due_at IS NOT NULL AND (d.host, d.user_id) > (receiver.host, receiver.user_id)
      ORDER BY d.host, d.user_id, d.due_at LIMIT 1) AS following)
  SELECT receiver.host, receiver.user_id FROM receiver WHERE receiver.due_at <= now()
$$;
