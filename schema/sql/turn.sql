-- A place in line for every row that becomes queued: inside one priority of a lane, users take turns (start-time fair
-- queueing). A user's next row stands one turn behind their last one; a user with nothing in line stands where the line's
-- head is, so 5,000 rows of one user keep nobody else waiting for more than what is in flight. Nothing is kept beside the
-- rows: whoever's line is empty begins anew, whatever crashed before.
-- And which line: its model's, where that has a lane of its own. And whether it stands in it yet: what is beyond its
-- user's cap is parked outside the claim's index, or every claim would walk past all of it.
CREATE OR REPLACE FUNCTION darkroom_take_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.status = 'queued' AND OLD.provider = NEW.provider THEN
    RETURN NEW;
  END IF;
  -- The lock lets a lane that is just being removed wait for this row, and take it along.
  NEW.lane := coalesce((SELECT l.model_id FROM lanes AS l
    WHERE l.provider = NEW.provider AND l.model_id = NEW.model_id FOR KEY SHARE), '');
  NEW.user_cap := darkroom_user_cap(coalesce(NEW.user_id, ''));
  NEW.admitted := NEW.user_cap IS NULL OR NEW.user_cap > darkroom_busy(coalesce(NEW.user_id, ''));
  -- Another attempt of a row that had its turn goes to the head: it is not sent behind its owner's own line. One that
  -- goes on to another provider had its turn too. One that
  -- becomes due for the first time takes its place as if it had been submitted now, or a schedule would jump the line.
  IF TG_OP = 'INSERT' OR (NEW.attempt_number = NEW.attempts_before AND OLD.status <> 'processing') THEN
    SELECT g.turn + 1 INTO NEW.turn FROM image_generations AS g
    WHERE g.status = 'queued' AND coalesce(g.user_id, '') = coalesce(NEW.user_id, '')
      AND g.provider = NEW.provider AND g.lane = NEW.lane AND g.priority = NEW.priority
      AND g.turn >= darkroom_head_known(NEW.provider, NEW.lane, NEW.priority)
    ORDER BY g.turn DESC LIMIT 1;
    IF FOUND THEN
      RETURN NEW;
    END IF;
  END IF;
  NEW.turn := darkroom_head(NEW.provider, NEW.lane, NEW.priority);
  RETURN NEW;
END
$$;
