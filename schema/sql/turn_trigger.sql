-- By name it fires after darkroom_hand_change: a row that a person queued has a turn as well.
CREATE TRIGGER darkroom_turn BEFORE INSERT OR UPDATE OF status, provider ON image_generations
  FOR EACH ROW WHEN (NEW.status = 'queued') EXECUTE FUNCTION darkroom_take_turn();
