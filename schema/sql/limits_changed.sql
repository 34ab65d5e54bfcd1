-- New limits hold for what waits already. Everybody's hold for all who have none of their own.
CREATE OR REPLACE FUNCTION darkroom_limits_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  changed text := CASE WHEN TG_OP = 'DELETE' THEN OLD.user_id ELSE NEW.user_id END;
  who text;
BEGIN
  IF changed = '+' THEN
    RETURN NULL;
  END IF;
  FOR who IN
    SELECT DISTINCT coalesce(user_id, '') FROM image_generations
    WHERE (status = 'queued' OR (status = 'processing' AND due_at IS NOT NULL))
      AND (coalesce(user_id, '') = changed
        OR (changed = '*' AND NOT EXISTS (SELECT FROM user_limits AS l WHERE l.user_id = coalesce(image_generations.user_id, ''))))
  LOOP
    PERFORM darkroom_recap(who);
  END LOOP;
  RETURN NULL;
END
$$;
