CREATE TRIGGER darkroom_lane_made AFTER INSERT ON lanes
  FOR EACH ROW WHEN (NEW.model_id <> '') EXECUTE FUNCTION darkroom_lane_moved();
