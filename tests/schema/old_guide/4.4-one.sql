-- Check specific generation
SELECT * FROM image_generations
WHERE id = 'YOUR_GENERATION_ID';
