-- A row that is gone leaves nothing to look at, so the notification itself says what it was. NOTIFY inside the
-- transaction serialises commits: deletions are rare, and none is told that did not happen.
CREATE OR REPLACE FUNCTION darkroom_tell_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'images' THEN
    PERFORM pg_notify('darkroom_deleted',
      json_build_array('images', OLD.id, OLD.generation_id, OLD.user_id, NULL)::text);
  ELSE
    PERFORM pg_notify('darkroom_deleted',
      json_build_array('image_generations', OLD.id, OLD.id, OLD.user_id, OLD.batch_id)::text);
  END IF;
  RETURN NULL;
END
$$;
