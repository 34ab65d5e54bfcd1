-- A row that an external worker had waits again: for whom it waited before, and with nothing of what that worker brought.
CREATE OR REPLACE FUNCTION darkroom_come_home() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Unless it is led back to the first provider of its route.
  IF NEW.provider = OLD.provider THEN
    NEW.provider := OLD.outside_of;
  END IF;
  NEW.outside_of := NULL;
  NEW.prediction := NULL;
  RETURN NEW;
END
$$;
