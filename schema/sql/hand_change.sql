-- A change made by hand is a change: whoever writes to image_generations without Darkroom's own connection setting
-- (a person in psql, an old script) gets a version, a timeline entry, a clock, a new fence (so that a worker that was
-- busy with the row writes to nothing) and a push. NOTIFY inside the transaction serialises commits, which is dear
-- for the pipeline and free for a hand: that is why only this path does it.
CREATE OR REPLACE FUNCTION darkroom_hand_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  moved boolean;
BEGIN
  IF TG_OP = 'INSERT' THEN
    -- The old tables had defaults for these.
    NEW.id := coalesce(NEW.id, gen_random_uuid());
    NEW.status := coalesce(NEW.status, 'pending');
    NEW.model_id := coalesce(NEW.model_id, NEW.model, 'black-forest-labs/flux-schnell');
    NEW.model := coalesce(NEW.model, NEW.model_id);
  END IF;
  -- What the provider is to be asked has to be worked out first; the clock does that to pending rows, and queues them.
  IF NEW.input IS NULL AND NEW.status IN ('queued', 'processing') THEN
    NEW.status := 'pending';
  END IF;
  -- What is made or tried again by hand is a submission: the clock takes it out of its user's rate, and lets it go on.
  IF NEW.status IN ('pending', 'queued') AND (TG_OP = 'INSERT' OR OLD.status NOT IN ('pending', 'queued'))
    AND darkroom_has_rate(coalesce(NEW.user_id, '')) THEN
    NEW.status := 'pending';
    NEW.unmetered := true;
  END IF;
  moved := TG_OP = 'INSERT' OR NEW.status IS DISTINCT FROM OLD.status;
  NEW.updated_at := now();
  NEW.changed := pg_current_xact_id();
  IF moved THEN
    IF TG_OP = 'UPDATE' THEN
      NEW.version := OLD.version + 1;
      NEW.fence := OLD.fence + 1;
      NEW.timeline := OLD.timeline;
      NEW.changes := OLD.changes || pg_current_xact_id();
    ELSE
      NEW.version := 1;
      NEW.timeline := '[]'::jsonb;
      NEW.changes := ARRAY[pg_current_xact_id()];
    END IF;
    NEW.timeline := NEW.timeline || jsonb_build_object(
      'v', NEW.version, 'status', NEW.status, 'at', now(), 'attempt', NEW.attempt_number, 'why', 'changed by hand');
    IF NEW.status = 'processing' THEN
      NEW.attempt_at := coalesce(NEW.attempt_at, now());
    END IF;
    IF NEW.status IN ('pending', 'processing', 'downloading') THEN
      IF TG_OP = 'INSERT' OR NEW.due_at IS NOT DISTINCT FROM OLD.due_at THEN
        NEW.due_at := coalesce(CASE WHEN TG_OP = 'INSERT' THEN NEW.due_at END, now());
      END IF;
      NEW.completed_at := NULL;
    ELSE
      -- A final row keeps a clock while the provider may still be at work on it: the actor cancel stops that. A queued
      -- one has its deadline for a clock.
      NEW.due_at := CASE
        WHEN NEW.status = 'queued' THEN NEW.deadline
        WHEN NEW.status <> 'completed' AND TG_OP = 'UPDATE' AND OLD.status = 'processing' AND NEW.prediction IS NULL
          AND OLD.outside_of IS NULL THEN now()
      END;
      NEW.completed_at := CASE WHEN NEW.status = 'queued' THEN NULL ELSE coalesce(NEW.completed_at, now()) END;
    END IF;
  END IF;
  IF TG_OP = 'INSERT' THEN
    PERFORM darkroom_check_hand(NEW, NULL);
  ELSE
    PERFORM darkroom_check_hand(NEW, OLD);
  END IF;
  PERFORM pg_notify('darkroom',
    json_build_array(json_build_array(NEW.id, NEW.version, NEW.user_id, NEW.batch_id))::text);
  RETURN NEW;
END
$$;
