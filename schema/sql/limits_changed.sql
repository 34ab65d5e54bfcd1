-- New limits hold for what waits already. Those for each hold for all who have none of their own.
CREATE OR REPLACE FUNCTION darkroom_limits_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  whose text := CASE WHEN TG_OP = 'DELETE' THEN OLD.user_id ELSE NEW.user_id END;
  who text;
BEGIN
  IF whose NOT IN ('*', '+') THEN
    PERFORM darkroom_recap(whose);
  ELSIF whose = '*' THEN
    FOR who IN
      SELECT u.who FROM (
        SELECT coalesce(user_id, '') AS who FROM image_generations WHERE status = 'queued'
        UNION
        SELECT coalesce(user_id, '') FROM image_generations WHERE status = 'processing' AND due_at IS NOT NULL) AS u
      WHERE NOT EXISTS (SELECT FROM user_limits AS l WHERE l.user_id = u.who)
    LOOP
      PERFORM darkroom_recap(who);
    END LOOP;
  END IF;
  RETURN NULL;
END
$$;
