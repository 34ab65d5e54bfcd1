-- The receivers that something is due for, by their hosts. It steps from host to host along the index, so what waits for
-- one of them, however much, is not walked through.
CREATE OR REPLACE FUNCTION darkroom_due_receivers() RETURNS SETOF text LANGUAGE sql STABLE AS $$
  WITH RECURSIVE receiver AS (
    (SELECT d.host, d.due_at FROM deliveries AS d WHERE d.due_at IS NOT NULL ORDER BY d.host, d.due_at LIMIT 1)
    UNION ALL
    SELECT following.host, following.due_at FROM receiver CROSS JOIN LATERAL (
      SELECT d.host, d.due_at FROM deliveries AS d WHERE d.due_at IS NOT NULL AND d.host > receiver.host
      ORDER BY d.host, d.due_at LIMIT 1) AS following)
  SELECT host FROM receiver WHERE due_at <= now()
$$;
