-- A batch with the state of each of its generations, for a progress bar.
CREATE OR REPLACE VIEW batch_progress AS
SELECT b.id, b.user_id, b.total_count, b.completed_count, b.failed_count, b.status,
  (SELECT count(*) FROM image_generations AS g WHERE g.batch_id = b.id AND g.batch_id IS NOT NULL
     AND g.status IN ('processing', 'downloading')) AS processing_count,
  ARRAY(SELECT json_build_object('id', g.id, 'index', g.batch_index, 'prompt', g.prompt,
      'status', CASE g.status WHEN 'cancelled' THEN 'failed' ELSE g.status END,
      'progress', CASE WHEN g.status = 'completed' THEN 100 WHEN g.status IN ('failed', 'cancelled') THEN -1
        WHEN g.status IN ('processing', 'downloading') THEN coalesce(g.progress, 50) ELSE 0 END)
    FROM image_generations AS g WHERE g.batch_id = b.id AND g.batch_id IS NOT NULL
    ORDER BY g.batch_index, g.id) AS items
FROM batch_generations AS b
