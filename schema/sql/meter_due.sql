-- Takes what came by SQL (`unmetered`) out of its users' rates: of up to `most` rows that are due, as many of each user as
-- there are tokens may go on, best first; the rest waits for its own token, and asks again after five minutes at most,
-- because limits may change. How many there were. Only Darkroom's clock calls it: a transaction that is left open
-- in psql would otherwise hold a user's meter, and everybody who submits in that user's name.
CREATE OR REPLACE FUNCTION darkroom_meter_due(most integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  who text;
  ids uuid[];
  rate integer;
  may integer;
  total integer := 0;
BEGIN
  FOR who, ids IN
    SELECT coalesce(d.user_id, ''), array_agg(d.id ORDER BY d.priority DESC, d.due_at, d.id) FROM (
      SELECT g.id, g.user_id, g.priority, g.due_at FROM image_generations AS g
      WHERE g.status = 'pending' AND g.due_at <= now() AND g.unmetered
      ORDER BY g.due_at LIMIT most FOR UPDATE SKIP LOCKED) AS d
    GROUP BY 1 ORDER BY 1
  LOOP
    total := total + cardinality(ids);
    SELECT l.per_minute INTO rate FROM darkroom_limits_of(who) AS l;
    may := darkroom_take_tokens(who, cardinality(ids));
    UPDATE image_generations AS g SET unmetered = false WHERE g.id = ANY (ids[1:may]);
    UPDATE image_generations AS g SET
      due_at = now() + make_interval(secs => least(300, w.nth * 60.0 / rate))
    FROM unnest(ids[may + 1:]) WITH ORDINALITY AS w(id, nth) WHERE g.id = w.id;
  END LOOP;
  RETURN total;
END
$$;
