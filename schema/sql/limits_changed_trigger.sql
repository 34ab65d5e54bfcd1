CREATE TRIGGER darkroom_limits_changed AFTER INSERT OR UPDATE OR DELETE ON user_limits
  FOR EACH ROW EXECUTE FUNCTION darkroom_limits_changed();
