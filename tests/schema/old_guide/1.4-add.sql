ALTER TABLE image_generations
  ADD CONSTRAINT image_generations_status_check
  CHECK (status IN ('pending', 'queued', 'processing', 'downloading', 'completed', 'failed'));
