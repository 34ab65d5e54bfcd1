CREATE TRIGGER darkroom_tell_deletion AFTER DELETE ON image_generations
  FOR EACH ROW EXECUTE FUNCTION darkroom_tell_deletion();
