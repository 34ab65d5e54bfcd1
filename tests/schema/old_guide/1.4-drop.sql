ALTER TABLE image_generations
  DROP CONSTRAINT IF EXISTS image_generations_status_check;
