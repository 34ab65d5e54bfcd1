-- By name it fires before darkroom_hand_change and darkroom_turn: the turn is taken in its own line.
CREATE TRIGGER darkroom_come_home BEFORE UPDATE ON image_generations
  FOR EACH ROW WHEN (OLD.outside_of IS NOT NULL AND NEW.status IN ('pending', 'queued'))
  EXECUTE FUNCTION darkroom_come_home();
