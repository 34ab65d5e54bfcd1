-- Lets in as many of a user's parked rows as there are free places; how many. Two who do it at once share the rows.
CREATE OR REPLACE FUNCTION darkroom_admit(who text, cap integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  let_in integer;
BEGIN
  -- At the head: the turn that it was given when it was parked may lie far behind those who have been served since.
  UPDATE image_generations SET admitted = true, turn = darkroom_head(provider, lane, priority)
  WHERE id IN (
    SELECT id FROM image_generations
    WHERE status = 'queued' AND NOT admitted AND coalesce(user_id, '') = who
    ORDER BY priority DESC, turn, id LIMIT greatest(0, cap - darkroom_busy(who)) FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS let_in = ROW_COUNT;
  RETURN let_in;
END
$$;
