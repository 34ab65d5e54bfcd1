-- Rows without a webhook pay nothing for it. What has no owner has nobody who could fetch the secret.
CREATE TRIGGER darkroom_write_event AFTER UPDATE OF status ON image_generations
  FOR EACH ROW WHEN (NEW.webhook_url IS NOT NULL AND NEW.user_id IS NOT NULL
    AND NEW.status IN ('completed', 'failed', 'cancelled') AND OLD.status IS DISTINCT FROM NEW.status)
  EXECUTE FUNCTION darkroom_write_event();
