CREATE TRIGGER darkroom_tell_deletion AFTER DELETE ON images
  FOR EACH ROW EXECUTE FUNCTION darkroom_tell_deletion();
