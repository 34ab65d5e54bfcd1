-- The best rows of one lane, locked: at most `room`, from where its line is known to begin (sql/find_heads.sql).
-- Before that lie the claimed ones, and as long as somebody's snapshot is held open (a dump), their dead entries cannot be
-- cleared from the index: without the bounds each claim would walk past all that were ever claimed since (16 times as long
-- after 20,000, measured).
CREATE OR REPLACE FUNCTION darkroom_line(held lanes, room integer)
RETURNS TABLE (id uuid, priority integer, turn bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  places integer := room;
  part record;
  found_rows integer;
BEGIN
  -- The priorities whose head is known, and the gaps between them, from the highest down.
  FOR part IN
    WITH known AS (
      SELECT CAST(h.key AS integer) AS priority, CAST(h.value AS bigint) AS turn FROM jsonb_each_text(held.heads) AS h),
    gaps AS (
      SELECT k.priority + 1 AS low, coalesce(lag(k.priority) OVER (ORDER BY k.priority DESC) - 1, 2147483647) AS high
      FROM known AS k
      UNION ALL
      SELECT -2147483648, coalesce((SELECT min(k.priority) FROM known AS k) - 1, 2147483647))
    SELECT k.priority AS low, k.priority AS high, k.turn FROM known AS k
    UNION ALL
    SELECT g.low, g.high, NULL FROM gaps AS g WHERE g.low <= g.high
    ORDER BY high DESC
  LOOP
    IF part.turn IS NULL THEN
      RETURN QUERY
        SELECT g.id, g.priority, g.turn FROM image_generations AS g
        WHERE g.status = 'queued' AND g.admitted AND g.provider = held.provider AND g.lane = held.model_id
          AND g.priority BETWEEN part.low AND part.high AND (g.deadline IS NULL OR g.deadline > now())
        ORDER BY g.priority DESC, g.turn, g.id LIMIT places FOR UPDATE SKIP LOCKED;
    ELSE
      RETURN QUERY
        SELECT g.id, g.priority, g.turn FROM image_generations AS g
        WHERE g.status = 'queued' AND g.admitted AND g.provider = held.provider AND g.lane = held.model_id
          AND g.priority = part.low AND g.turn >= part.turn AND (g.deadline IS NULL OR g.deadline > now())
        ORDER BY g.turn, g.id LIMIT places FOR UPDATE SKIP LOCKED;
    END IF;
    GET DIAGNOSTICS found_rows = ROW_COUNT;
    places := places - found_rows;
    EXIT WHEN places <= 0;
  END LOOP;
END
$$;
