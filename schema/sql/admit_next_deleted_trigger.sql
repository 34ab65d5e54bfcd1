-- As admit_next_trigger.sql, for rows that are deleted by hand.
CREATE TRIGGER darkroom_admit_next_of_deleted AFTER DELETE ON image_generations
  FOR EACH ROW WHEN (OLD.user_cap IS NOT NULL AND OLD.admitted AND OLD.status IN ('queued', 'processing'))
  EXECUTE FUNCTION darkroom_admit_next();
