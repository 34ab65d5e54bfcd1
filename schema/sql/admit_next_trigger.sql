-- Whose user has no cap pays nothing for these.
CREATE TRIGGER darkroom_admit_next AFTER UPDATE OF status ON image_generations
  FOR EACH ROW WHEN (OLD.user_cap IS NOT NULL AND OLD.admitted AND OLD.status IN ('queued', 'processing')
    AND NEW.status NOT IN ('queued', 'processing'))
  EXECUTE FUNCTION darkroom_admit_next();
