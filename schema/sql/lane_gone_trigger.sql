CREATE TRIGGER darkroom_lane_gone AFTER DELETE ON lanes
  FOR EACH ROW WHEN (OLD.model_id <> '') EXECUTE FUNCTION darkroom_lane_moved();
