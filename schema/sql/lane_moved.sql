-- A lane that a model gets, or loses, takes its waiting rows along, whoever made it: a row whose lane is gone would be
-- claimed by nobody.
CREATE OR REPLACE FUNCTION darkroom_lane_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    UPDATE image_generations SET lane = NEW.model_id  -- whose line has no known head yet
    WHERE status = 'queued' AND provider = NEW.provider AND lane = '' AND model_id = NEW.model_id;
  ELSE
    UPDATE lanes SET heads = '{}' WHERE provider = OLD.provider AND model_id = '';
    UPDATE image_generations SET lane = ''
    WHERE status = 'queued' AND provider = OLD.provider AND lane = OLD.model_id;
  END IF;
  RETURN NULL;
END
$$;
