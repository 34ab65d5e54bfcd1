-- Fires for everybody who has not said `darkroom.app = on` when connecting.
CREATE TRIGGER darkroom_hand_change BEFORE INSERT OR UPDATE ON image_generations
  FOR EACH ROW WHEN (coalesce(current_setting('darkroom.app', true), '') <> 'on')
  EXECUTE FUNCTION darkroom_hand_change();
