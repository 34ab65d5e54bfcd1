-- Whether an idempotency key has made nothing yet, within the time that it is kept. Who asks with the same key at the same time
-- waits until this transaction has ended, and is then told what it made: a replay takes nothing out of a rate, not even
-- for a moment.
CREATE OR REPLACE FUNCTION darkroom_key_is_fresh(who text, named text, kept interval) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('darkroom: key of ' || who || ': ' || named, 0));
  RETURN NOT EXISTS (
    SELECT FROM idempotency_keys AS k WHERE k.user_id = who AND k.key = named AND k.created_at >= now() - kept);
END
$$;
