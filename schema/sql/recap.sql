-- Gives a user's unfinished rows the cap that holds now: parks what is beyond it, lets in what is within.
CREATE OR REPLACE FUNCTION darkroom_recap(who text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  cap integer := darkroom_user_cap(who);
BEGIN
  UPDATE image_generations SET user_cap = cap, admitted = cap IS NULL
  WHERE coalesce(user_id, '') = who AND status = 'queued';
  UPDATE image_generations SET user_cap = cap, admitted = true
  WHERE coalesce(user_id, '') = who AND status = 'processing' AND due_at IS NOT NULL;
  IF cap IS NOT NULL THEN
    PERFORM darkroom_admit(who, cap);
  END IF;
END
$$;
