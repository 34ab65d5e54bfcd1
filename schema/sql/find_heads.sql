-- Where each priority's line begins, in every lane of a provider, and when the oldest in flight was begun: once a second at most, by a walk without bounds. So what
-- got a place before a line's known beginning (it was on its way in just when that moved on) waits no longer than that.
-- Not for every claim: a lane's row that is written so often would pile up dead versions itself.
CREATE OR REPLACE FUNCTION darkroom_find_heads(of_provider text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  found_heads jsonb;
  below integer;
  head record;
  oldest timestamptz;
  l lanes%ROWTYPE;
BEGIN
  SELECT min(attempt_at) INTO oldest FROM image_generations WHERE status = 'processing' AND provider = of_provider;
  FOR l IN SELECT * FROM lanes WHERE provider = of_provider LOOP
    -- A line that has ended begins anew behind now (sql/turn.sql); ten seconds for those that are on their way in.
    SELECT coalesce(jsonb_object_agg(key, CAST(extract(epoch FROM clock_timestamp() - interval '10 seconds') * 1000000 AS bigint)),
      '{}') INTO found_heads FROM jsonb_object_keys(l.heads) AS key;
    below := 2147483647;
    LOOP
      SELECT g.priority, g.turn INTO head FROM image_generations AS g
      WHERE g.status = 'queued' AND g.admitted AND g.provider = of_provider AND g.lane = l.model_id AND g.priority < below
      ORDER BY g.priority DESC, g.turn LIMIT 1;
      EXIT WHEN NOT FOUND;
      found_heads := found_heads || jsonb_build_object(head.priority, head.turn);
      below := head.priority;
    END LOOP;
    UPDATE lanes SET heads = found_heads, heads_at = clock_timestamp(), oldest_at = coalesce(oldest, clock_timestamp())
    WHERE provider = of_provider AND model_id = l.model_id;
  END LOOP;
END
$$;
